import { durationMs, ScheduleOverlapPolicy } from '../proto.ts';
import type { Backfill, OverlapPolicy, ScheduledStart, ScheduleState } from './state.ts';
import type { ScheduleTimes } from './times.ts';

/** Starts and backfills that wait, at most; what is more is dropped and counted. */
const longestBuffer = 1000;
/** Backfills may use this much of it. */
const longestOfBackfills = longestBuffer / 2;
/** Starts that backfills make in one go. */
const backfillsAtOnce = 10;
/** A schedule that has nothing to do any more ends after so long, in milliseconds. */
const retentionMs = 7 * 86_400_000;
const betweenBackfillsMs = 1000;

/** Whether the schedule may act: it is not paused, and has actions left. Those asked for by somebody it may always do. */
export function mayAct({ schedule: { state } }: ScheduleState, manual: boolean): boolean {
  return manual || (!state.paused && (!state.limitedActions || state.remainingActions > 0));
}

/** Uses up one of the actions that are left, where they are limited. */
export function spendAction(schedule: ScheduleState, manual: boolean): void {
  const { state } = schedule.schedule;
  if (manual || !state.limitedActions) return;
  schedule.schedule = {
    ...schedule.schedule,
    state: { ...state, remainingActions: state.remainingActions - 1 },
  };
  schedule.conflictToken++;
}

/** Puts a start among those that wait. */
export function addStart(schedule: ScheduleState, start: ScheduledStart): void {
  if (schedule.buffered.length >= longestBuffer) schedule.bufferDropped++;
  else schedule.buffered = [...schedule.buffered, start];
}

/** Puts a backfill among those that are not done. */
export function addBackfill(schedule: ScheduleState, backfill: Backfill): void {
  if (schedule.backfills.length >= longestBuffer) schedule.bufferDropped++;
  else schedule.backfills = [...schedule.backfills, backfill];
}

/** Takes up all times since the last one up to now. @returns the next one, in milliseconds since the epoch. */
export function takeUpTimes(schedule: ScheduleState, times: ScheduleTimes, now: number): number | undefined {
  const end = Math.max(now, schedule.lastProcessed);
  if (!mayAct(schedule, false)) {
    // What passes meanwhile is not made up for.
    schedule.lastProcessed = end;
    return times.after(end)?.next;
  }
  const { policies, spec } = schedule.schedule;
  // Jitter may bring a time from before an update to after it; what is earlier cannot count.
  const earliest = schedule.updateTime - durationMs(spec.jitter) - 1000;
  let time = times.after(Math.max(schedule.lastProcessed, earliest));
  for (; time !== undefined && time.next <= end; time = times.after(time.next)) {
    // Of those before an update only the ones of the spec before it counted.
    if (time.next < schedule.updateTime) continue;
    schedule.lastProcessed = time.next;
    if (end - time.next > policies.catchupWindow) schedule.missedCatchupWindow++;
    else addStart(schedule, { nominal: time.nominal, actual: time.next, overlapPolicy: 0, manual: false });
  }
  return time?.next;
}

/** Goes on with backfills, a few starts at a time. */
export function takeUpBackfills(schedule: ScheduleState, times: ScheduleTimes): void {
  let left = backfillsAtOnce;
  while (left > 0 && schedule.buffered.length < longestOfBackfills) {
    const [backfill, ...others] = schedule.backfills;
    if (backfill === undefined) return;
    const time = times.after(backfill.from);
    if (time === undefined || time.next > backfill.to) {
      schedule.backfills = others;
      continue;
    }
    left--;
    const { overlapPolicy } = backfill;
    addStart(schedule, { nominal: time.nominal, actual: time.next, overlapPolicy, manual: true });
    schedule.backfills = [{ ...backfill, from: time.next }, ...others];
  }
}

/** The overlap policy that holds, that of the schedule where none is given. */
export function policyOf(schedule: ScheduleState, policy: OverlapPolicy): OverlapPolicy {
  return policy || schedule.schedule.policies.overlapPolicy;
}

/**
 * When the schedule has something to do next, and when it ends for want of anything to do; both in milliseconds since the epoch.
 * @param next the spec's next time.
 */
export function nextWakeUp(
  schedule: ScheduleState,
  next: number | undefined,
  now: number,
): { readonly at: number | undefined; readonly ends: number | undefined } {
  const [backfill] = schedule.backfills;
  if (backfill !== undefined && (schedule.buffered.length === 0 || isUnlimited(schedule, backfill))) {
    return { at: now + betweenBackfillsMs, ends: undefined };
  }
  const acts = mayAct(schedule, false);
  if (acts && next !== undefined) return { at: next, ends: undefined };
  if (schedule.schedule.state.paused) return { at: undefined, ends: undefined };
  const ends = lastEvent(schedule) + retentionMs;
  return { at: ends, ends };
}

function isUnlimited(schedule: ScheduleState, { overlapPolicy }: Backfill): boolean {
  return policyOf(schedule, overlapPolicy) === ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL;
}

/** When it was made or changed, or acted, the last time. */
function lastEvent({ recent, createTime, updateTime }: ScheduleState): number {
  return Math.max(recent.at(-1)?.actualTime ?? 0, createTime, updateTime);
}
