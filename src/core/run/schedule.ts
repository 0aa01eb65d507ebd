import { EventType, WorkflowExecutionStatus } from '../proto.ts';
import type { HistoryEvent } from '../proto.ts';
import type { Effect, RunKey, RunRecord } from '../record.ts';
import { namespaceId } from '../namespace-id.ts';
import { withPaused } from '../schedule/attributes.ts';
import { decideOverlaps } from '../schedule/overlap.ts';
import { mayAct, nextWakeUp, policyOf, spendAction, takeUpBackfills, takeUpTimes } from '../schedule/process.ts';
import { scheduleType } from '../schedule/state.ts';
import type { CompleteSchedule, ScheduledStart, ScheduleState, StartedRun } from '../schedule/state.ts';
import { scheduleTimes } from '../schedule/times.ts';
import type { ScheduleTimes } from '../schedule/times.ts';
import { RunDraft } from './draft.ts';
import { emptyRecord } from './start.ts';

/** Recent actions that are kept. */
const recentKept = 10;

/** What a new schedule is made of. */
export interface NewSchedule extends RunKey {
  readonly scheduleId: string;
  readonly requestId: string;
  readonly schedule: CompleteSchedule;
  readonly memo: RunRecord['memo'];
  readonly searchAttributes: RunRecord['searchAttributes'];
}

/** Begins a schedule. @param change what else comes with it. */
export function startSchedule(start: NewSchedule, now: number, change: (schedule: ScheduleState) => void): RunDraft {
  const { namespace, workflowId, runId } = start;
  const record: RunRecord = {
    ...emptyRecord({ namespace, workflowId, runId, requestId: start.requestId }, now),
    workflowType: scheduleType,
    // Where its runs are at home, somebody takes care of it.
    taskQueue: start.schedule.action.startWorkflow?.taskQueue?.name ?? '',
    memo: start.memo,
    searchAttributes: start.searchAttributes,
    schedule: {
      scheduleId: start.scheduleId,
      createTime: now,
      schedule: start.schedule,
      updateTime: 0,
      conflictToken: 1,
      lastProcessed: now,
      wakeAt: 0,
      buffered: [],
      backfills: [],
      running: [],
      recent: [],
      actionCount: 0,
      missedCatchupWindow: 0,
      overlapSkipped: 0,
      bufferDropped: 0,
      effectCount: 0,
      lastCompletionResult: undefined,
      continuedFailure: undefined,
    },
  };
  const draft = new RunDraft(record, 0, now);
  wakeSchedule(draft, change);
  return draft;
}

/** The times of a schedule, with the jitter that is its own. */
export function timesOf(namespace: string, { scheduleId, schedule }: ScheduleState): ScheduleTimes {
  return scheduleTimes(schedule.spec, `${namespaceId(namespace)}-${scheduleId}`);
}

/**
 * Does what a schedule has to do now: takes up the times that have come, changes it, begins what may begin, and notes when there is something to do next.
 * Whatever happens to a schedule happens so.
 * @param change what happens to it; comes after the times up to now, which were still those of before.
 */
export function wakeSchedule(draft: RunDraft, change?: (schedule: ScheduleState) => void): void {
  const { schedule } = draft.record;
  if (schedule === undefined) return;
  let times = timesOf(draft.record.namespace, schedule);
  let next = takeUpTimes(schedule, times, draft.now);
  if (change !== undefined) {
    const before = schedule.schedule;
    change(schedule);
    if (schedule.schedule !== before) {
      times = timesOf(draft.record.namespace, schedule);
      next = takeUpTimes(schedule, times, draft.now);
    }
  }
  takeUpBackfills(schedule, times);
  while (beginStarts(draft, schedule));
  const { at, ends } = nextWakeUp(schedule, next, draft.now);
  schedule.wakeAt = at ?? 0;
  draft.record.searchAttributes = withPaused(draft.record.searchAttributes, schedule.schedule.state.paused);
  const isOver = ends !== undefined && ends <= draft.now && draft.record.effects.length === 0;
  if (isOver) endSchedule(draft, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED);
  // Something is on its way still; its end wakes the schedule.
  else if (schedule.wakeAt > 0 && schedule.wakeAt <= draft.now) schedule.wakeAt = 0;
}

/** Ends a schedule; what it has started goes on. */
export function endSchedule(
  draft: RunDraft,
  status: RunRecord['status'] = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED,
): void {
  draft.record.status = status;
  draft.record.closeTime = draft.now;
  draft.record.effects = [];
}

/** A start was done; `undefined` when it was refused. */
export function scheduledRunStarted(
  draft: RunDraft,
  { id, start, isTracked }: Extract<Effect, { kind: 'startScheduled' }>,
  run: StartedRun | undefined,
): void {
  draft.confirmEffect(id);
  wakeSchedule(draft, (schedule) => {
    if (run === undefined) return;
    const status = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
    schedule.actionCount++;
    const action = { ...run, scheduleTime: start.actual, actualTime: draft.now, status };
    schedule.recent = [...schedule.recent, action].slice(-recentKept);
    if (isTracked) schedule.running = [...schedule.running, run];
  });
}

/** The chain of a run that the schedule waits for has ended with the event given. */
export function scheduledRunClosed(
  draft: RunDraft,
  run: StartedRun,
  status: RunRecord['status'],
  closing: HistoryEvent,
): void {
  const isIt = (other: StartedRun): boolean => other.workflowId === run.workflowId && other.runId === run.runId;
  wakeSchedule(draft, (schedule) => {
    schedule.running = schedule.running.filter((other) => !isIt(other));
    schedule.recent = schedule.recent.map((action) => (isIt(action) ? { ...action, status } : action));
    const failure = closing.workflowExecutionFailedEventAttributes?.failure;
    const note = failureNote(run, closing);
    if (note !== undefined && schedule.schedule.policies.pauseOnFailure && !schedule.schedule.state.paused) {
      pauseSchedule(schedule, true, note);
    }
    const result = closing.workflowExecutionCompletedEventAttributes?.result;
    if (result) {
      schedule.lastCompletionResult = result;
      schedule.continuedFailure = undefined;
    } else if (failure) schedule.continuedFailure = failure;
  });
}

/** Pauses a schedule or lets it go on, with a note. */
export function pauseSchedule(schedule: ScheduleState, paused: boolean, notes: string): void {
  const { state } = schedule.schedule;
  schedule.schedule = { ...schedule.schedule, state: { ...state, paused, notes } };
  schedule.conflictToken++;
}

function failureNote({ workflowId }: StartedRun, closing: HistoryEvent): string | undefined {
  if (closing.eventType === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT) {
    return `paused due to workflow timeout: ${workflowId}`;
  }
  if (closing.eventType !== EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) return undefined;
  const message = closing.workflowExecutionFailedEventAttributes?.failure?.message ?? '';
  return `paused due to workflow failure: ${workflowId}: ${message}`;
}

/**
 * Begins those of the waiting starts that may begin now. While starts are on their way it is not known what runs, and all others wait.
 * @returns whether there may be more to do at once.
 */
function beginStarts(draft: RunDraft, schedule: ScheduleState): boolean {
  if (draft.record.effects.some(({ kind }) => kind === 'startScheduled')) return false;
  if (!schedule.schedule.action.startWorkflow || schedule.buffered.length === 0) {
    schedule.buffered = [];
    return false;
  }
  const decision = decideOverlaps(schedule.buffered, schedule.running.length > 0, ({ overlapPolicy }) =>
    policyOf(schedule, overlapPolicy),
  );
  schedule.buffered = decision.waiting;
  schedule.overlapSkipped += decision.skipped;
  let begun = 0;
  const begin = (start: ScheduledStart, isTracked: boolean): void => {
    if (!mayAct(schedule, start.manual)) return;
    spendAction(schedule, start.manual);
    draft.addEffect({ kind: 'startScheduled', id: `${++schedule.effectCount}`, start, isTracked });
    begun++;
  };
  for (const start of decision.overlapping) begin(start, false);
  if (decision.alone !== undefined) begin(decision.alone, true);
  if (decision.stop !== undefined) for (const run of schedule.running) stopRun(draft, schedule, run, decision.stop);
  return begun === 0 && decision.alone !== undefined;
}

function stopRun(draft: RunDraft, schedule: ScheduleState, target: StartedRun, policy: 'cancel' | 'terminate'): void {
  const isOnItsWay = draft.record.effects.some(
    (effect) => effect.kind === 'stopScheduled' && effect.target.runId === target.runId && effect.policy === policy,
  );
  if (!isOnItsWay) draft.addEffect({ kind: 'stopScheduled', id: `${++schedule.effectCount}`, target, policy });
}
