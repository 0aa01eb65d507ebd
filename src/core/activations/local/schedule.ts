import { toMillis, toTimestamp } from '../../proto.ts';
import type { Annotations } from '../machines/machine.ts';
import { fatal } from '../errors.ts';
import type { LocalSchedule } from './types.ts';

/** How long a workflow task may stay out for a retry, unless the command says otherwise. */
const DEFAULT_LOCAL_RETRY_THRESHOLD_MS = 60_000;

/** Checks a command and fills in what it leaves open. Timeouts that reach beyond the whole are cut. */
export function validSchedule(command: LocalSchedule['command'], annotations: Annotations, now: number): LocalSchedule {
  const scheduleToCloseMs = toMillis(command.scheduleToCloseTimeout);
  const startToCloseMs = toMillis(command.startToCloseTimeout);
  if (scheduleToCloseMs === undefined && startToCloseMs === undefined) {
    throw fatal(
      `Invalid schedule local activity request (seq ${command.seq}): One or both of schedule_to_close or start_to_close timeouts must be set for local activities`,
    );
  }
  const within = (ms: number | undefined): number | undefined =>
    ms === undefined ? undefined : Math.min(ms, scheduleToCloseMs ?? ms);
  return {
    seq: command.seq ?? 0,
    command,
    annotations,
    attempt: command.attempt ?? 0,
    originalScheduleTime: command.originalScheduleTime ?? toTimestamp(now),
    scheduleToStartMs: within(toMillis(command.scheduleToStartTimeout)),
    scheduleToCloseMs,
    startToCloseMs: within(startToCloseMs),
    localRetryThresholdMs: toMillis(command.localRetryThreshold) ?? DEFAULT_LOCAL_RETRY_THRESHOLD_MS,
  };
}
