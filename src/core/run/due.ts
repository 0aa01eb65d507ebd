import { TimeoutType } from '../proto.ts';
import type { PendingActivity, RunRecord } from '../record.ts';
import { activityExpiry, timeOutActivity } from './activity.ts';
import type { RunDraft } from './draft.ts';
import { isPaused } from './paused.ts';
import { timeOutRun } from './next-run.ts';
import { wakeSchedule } from './schedule.ts';
import { fireTimer } from './timer.ts';
import { scheduleWorkflowTask, taskTimeout, timeOutWorkflowTask } from './workflow-task.ts';

/** Something that falls due at a time, in milliseconds since the epoch. */
interface Deadline {
  readonly at: number;
  /** Orders what falls due at the same time: by the event that it belongs to. */
  readonly order: number;
  readonly apply: (draft: RunDraft, newId: () => string) => void;
}

/**
 * When the run needs attention next: something falls due, or an activity's next attempt may be taken. Milliseconds since the epoch; `undefined`
 * when nothing is to come.
 */
export function nextDeadline(record: RunRecord, now: number): number | undefined {
  // A closed run keeps what was pending in it, for those who look.
  if (record.closeTime !== undefined) return undefined;
  let next: number | undefined;
  for (const { at } of deadlines(record)) if (next === undefined || at < next) next = at;
  for (const { state, attemptScheduledTime: at } of isPaused(record) ? [] : record.activities.values()) {
    if (state === 'scheduled' && at > now && (next === undefined || at < next)) next = at;
  }
  return next;
}

/** Does all that is due. @param newId makes ids of runs that follow. @returns false when nothing was due. */
export function applyDue(draft: RunDraft, newId: () => string): boolean {
  let changed = false;
  for (;;) {
    const due = firstDue(draft);
    if (due === undefined) return changed;
    due.apply(draft, newId);
    changed = true;
  }
}

function firstDue(draft: RunDraft): Deadline | undefined {
  let first: Deadline | undefined;
  for (const deadline of deadlines(draft.record)) {
    if (deadline.at > draft.now) continue;
    if (first === undefined || deadline.at < first.at || (deadline.at === first.at && deadline.order < first.order)) {
      first = deadline;
    }
  }
  return first;
}

function* deadlines(record: RunRecord): Generator<Deadline> {
  if (record.closeTime !== undefined) return;
  if (record.schedule !== undefined) {
    if (record.schedule.wakeAt > 0)
      yield { at: record.schedule.wakeAt, order: 0, apply: (draft) => wakeSchedule(draft) };
    return;
  }
  if (record.runDeadline > 0) yield { at: record.runDeadline, order: 0, apply: timeOutRun };
  yield* taskDeadlines(record);
  for (const timer of record.timers.values()) {
    yield { at: timer.fireAt, order: timer.startedEventId, apply: (draft) => fireTimer(draft, timer) };
  }
  for (const activity of record.activities.values()) yield* activityDeadlines(activity);
}

function* taskDeadlines(record: RunRecord): Generator<Deadline> {
  const task = record.workflowTask;
  if (task === undefined) {
    if (isPaused(record)) return;
    if (record.previousStartedEventId === 0 && record.nextEventId > 1) {
      yield { at: record.executionTime, order: 1, apply: (draft) => scheduleWorkflowTask(draft) };
    }
    return;
  }
  const order = task.scheduledEventId;
  if (task.startedEventId > 0) {
    const at = task.startedTime + taskTimeout(record.taskTimeout, task.attempt);
    yield { at, order, apply: (draft) => expireTask(draft, 'startToClose') };
  } else if (task.startDeadline > 0) {
    yield { at: task.startDeadline, order, apply: (draft) => expireTask(draft, 'scheduleToStart') };
  }
}

function expireTask(draft: RunDraft, type: 'startToClose' | 'scheduleToStart'): void {
  timeOutWorkflowTask(draft, type);
  scheduleWorkflowTask(draft);
}

function* activityDeadlines(activity: PendingActivity): Generator<Deadline> {
  const order = activity.scheduledEventId;
  const timeOut = (type: number) => (draft: RunDraft) => {
    const current = draft.record.activities.get(activity.scheduledEventId);
    if (current !== undefined) timeOutActivity(draft, current, type);
  };
  const { attemptScheduledTime, startedTime, startToCloseTimeout, scheduleToStartTimeout, heartbeatTimeout } = activity;
  const started = activity.state === 'started';
  // Of timeouts at the same moment the first one here counts: it was set first, by less than a millisecond.
  if (!started && scheduleToStartTimeout > 0) {
    const at = attemptScheduledTime + scheduleToStartTimeout;
    yield { at, order, apply: timeOut(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START) };
  }
  const expiry = activityExpiry(activity);
  if (expiry > 0) yield { at: expiry, order, apply: timeOut(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE) };
  if (started && startToCloseTimeout > 0) {
    yield { at: startedTime + startToCloseTimeout, order, apply: timeOut(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE) };
  }
  if (started && heartbeatTimeout > 0) {
    const at = activity.lastHeartbeatTime + heartbeatTimeout;
    yield { at, order, apply: timeOut(TimeoutType.TIMEOUT_TYPE_HEARTBEAT) };
  }
}
