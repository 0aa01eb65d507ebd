import { ScheduleOverlapPolicy } from '../proto.ts';
import type { OverlapPolicy, ScheduledStart } from './state.ts';

/** What is to be done with the starts that wait. */
export interface OverlapDecision {
  /** Begin beside whatever runs. */
  readonly overlapping: readonly ScheduledStart[];
  /** Begins, as nothing runs. */
  readonly alone: ScheduledStart | undefined;
  /** Wait on. */
  readonly waiting: readonly ScheduledStart[];
  /** So many were dropped. */
  readonly skipped: number;
  /** What runs is to end for one that waits. */
  readonly stop: 'cancel' | 'terminate' | undefined;
}

/**
 * Applies overlap policies to the starts that wait, in their order.
 * @param isRunning whether a run that may not be overlapped is open.
 * @param policyOf the policy of a start, that of the schedule included.
 */
export function decideOverlaps(
  starts: readonly ScheduledStart[],
  isRunning: boolean,
  policyOf: (start: ScheduledStart) => OverlapPolicy,
): OverlapDecision {
  const overlapping: ScheduledStart[] = [];
  const waiting: ScheduledStart[] = [];
  let alone: ScheduledStart | undefined;
  let skipped = 0;
  let stop: OverlapDecision['stop'];
  for (const start of starts) {
    const policy = policyOf(start);
    if (policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL) overlapping.push(start);
    else if (!isRunning && alone === undefined) alone = start;
    else if (policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_BUFFER_ALL) waiting.push(start);
    else if (policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE) {
      if (waiting.length === 0) waiting.push(start);
      else skipped++;
    } else if (replaces(policy)) {
      if (isRunning) {
        waiting.push(start);
        // Terminating wins, wherever it stands.
        if (stop !== 'terminate') stop = stopOf(policy);
      } else alone = start;
    } else skipped++;
  }
  return { overlapping: stop === undefined ? overlapping : [], alone, waiting, skipped, stop };
}

function replaces(policy: OverlapPolicy): boolean {
  return (
    policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER ||
    policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER
  );
}

function stopOf(policy: OverlapPolicy): 'cancel' | 'terminate' {
  return policy === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER ? 'cancel' : 'terminate';
}
