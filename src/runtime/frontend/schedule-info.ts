import type { temporal } from '@temporalio/proto';
import { toLong, toTimestamp } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { timesOf } from '../../core/run/schedule.ts';
import { ownAttributes } from '../../core/schedule/attributes.ts';
import { filledSpec } from '../../core/schedule/canonical.ts';
import { scheduleMessage } from '../../core/schedule/complete.ts';
import type { RecentAction, ScheduleState } from '../../core/schedule/state.ts';

type Description = temporal.api.workflowservice.v1.IDescribeScheduleResponse;
type ListEntry = temporal.api.schedule.v1.IScheduleListEntry;

/** Actions shown in descriptions, as those to come. */
const described = 10;
/** The same in lists. */
const listed = 5;
/** Ranges and intervals shown in lists. */
const listedOfSpec = 10;

/** A schedule as it is described. @param now milliseconds since the epoch. */
export function describeSchedule(record: RunRecord, schedule: ScheduleState, now: number): Description {
  const message = scheduleMessage(schedule.schedule);
  return {
    schedule: { ...message, spec: filledSpec(schedule.schedule.spec) },
    info: {
      actionCount: toLong(schedule.actionCount),
      missedCatchupWindow: toLong(schedule.missedCatchupWindow),
      overlapSkipped: toLong(schedule.overlapSkipped),
      bufferDropped: toLong(schedule.bufferDropped),
      bufferSize: toLong(schedule.buffered.length),
      runningWorkflows: schedule.running.map(({ workflowId, runId }) => ({ workflowId, runId })),
      recentActions: schedule.recent.map(actionResult),
      futureActionTimes: futureTimes(record, schedule, described, now),
      createTime: toTimestamp(schedule.createTime),
      ...(schedule.updateTime === 0 ? {} : { updateTime: toTimestamp(schedule.updateTime) }),
    },
    memo: ownMemo(record),
    searchAttributes: ownAttributes(record.searchAttributes) ?? null,
    conflictToken: tokenOf(schedule.conflictToken),
  };
}

/** A schedule as lists show it. @param now milliseconds since the epoch. */
export function scheduleListEntry(record: RunRecord, schedule: ScheduleState, now: number): ListEntry {
  const { spec, action, state } = schedule.schedule;
  const filled = filledSpec(spec);
  return {
    scheduleId: schedule.scheduleId,
    memo: ownMemo(record),
    searchAttributes: ownAttributes(record.searchAttributes) ?? null,
    info: {
      spec: {
        ...filled,
        structuredCalendar: filled.structuredCalendar?.slice(0, listedOfSpec) ?? [],
        excludeStructuredCalendar: filled.excludeStructuredCalendar?.slice(0, listedOfSpec) ?? [],
        interval: filled.interval?.slice(0, listedOfSpec) ?? [],
      },
      workflowType: action.startWorkflow?.workflowType ?? null,
      notes: state.notes,
      paused: state.paused,
      recentActions: schedule.recent.slice(-listed).map(actionResult),
      futureActionTimes: futureTimes(record, schedule, listed, now),
    },
  };
}

/** What callers give back to change a schedule only if nobody else did. */
export function tokenOf(conflictToken: number): Uint8Array {
  return Uint8Array.from(toLong(conflictToken).toBytesBE());
}

function ownMemo({ memo }: RunRecord): temporal.api.common.v1.IMemo | null {
  return memo && Object.keys(memo.fields ?? {}).length > 0 ? memo : null;
}

function actionResult(action: RecentAction): temporal.api.schedule.v1.IScheduleActionResult {
  const { workflowId, runId, status } = action;
  return {
    scheduleTime: toTimestamp(action.scheduleTime),
    actualTime: toTimestamp(action.actualTime),
    startWorkflowResult: { workflowId, runId },
    startWorkflowStatus: status,
  };
}

function futureTimes(
  { namespace }: RunRecord,
  schedule: ScheduleState,
  most: number,
  now: number,
): ReturnType<typeof toTimestamp>[] {
  const { state } = schedule.schedule;
  const count = state.limitedActions ? Math.min(state.remainingActions, most) : most;
  const times = timesOf(namespace, schedule);
  const found: number[] = [];
  // What passes while a schedule is paused is not made up for.
  let last = Math.max(schedule.lastProcessed, schedule.updateTime - 1, state.paused ? now : 0);
  while (found.length < count) {
    const time = times.after(last);
    if (time === undefined) break;
    found.push(time.next);
    last = time.next;
  }
  return found.map(toTimestamp);
}
