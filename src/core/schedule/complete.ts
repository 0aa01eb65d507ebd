import type { temporal } from '@temporalio/proto';
import { durationMs, ScheduleOverlapPolicy, toDuration, toLong, toNumber } from '../proto.ts';
import { canonicalSpec } from './canonical.ts';
import type { CompleteSchedule, Schedule } from './state.ts';

const defaultCatchupWindowMs = 365 * 86_400_000;
const shortestCatchupWindowMs = 10_000;

/** A schedule as it is kept: in its canonical form, with what has a default. @throws ScheduleProblem in the server's words. */
export function completeSchedule(schedule: Schedule): CompleteSchedule {
  const { policies, state } = schedule;
  const window = policies?.catchupWindow ? durationMs(policies.catchupWindow) : defaultCatchupWindowMs;
  return {
    spec: canonicalSpec(schedule.spec ?? {}),
    action: schedule.action ?? {},
    policies: {
      overlapPolicy: policies?.overlapPolicy || ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_SKIP,
      catchupWindow: Math.max(window, shortestCatchupWindowMs),
      pauseOnFailure: policies?.pauseOnFailure ?? false,
      keepOriginalWorkflowId: policies?.keepOriginalWorkflowId ?? false,
    },
    state: {
      notes: state?.notes ?? '',
      paused: state?.paused ?? false,
      limitedActions: state?.limitedActions ?? false,
      remainingActions: toNumber(state?.remainingActions),
    },
  };
}

/** The same as the API has it. */
export function scheduleMessage({
  spec,
  action,
  policies,
  state,
}: CompleteSchedule): temporal.api.schedule.v1.ISchedule {
  return {
    spec,
    action,
    policies: { ...policies, catchupWindow: toDuration(policies.catchupWindow) },
    state: { ...state, remainingActions: toLong(state.remainingActions) },
  };
}
