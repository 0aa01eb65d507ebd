import type { temporal } from '@temporalio/proto';
import type { Failure, HistoryEvent } from '../proto.ts';
import {
  EventType,
  TaskQueueKind,
  TimeoutType,
  toDuration,
  toLong,
  toTimestamp,
  WorkflowTaskFailedCause,
} from '../proto.ts';
import { SUGGEST_CONTINUE_AS_NEW, TOTAL_UPDATES } from '../limits.ts';
import type { RunRecord, WorkflowTask } from '../record.ts';
import type { EventAttributes, RunDraft } from './draft.ts';

/** Attempts after which the time for a workflow task grows, as on a Temporal server. */
const patientAttempts = 10;
const longestTaskTimeout = 10 * 60_000;
/** How long a speculative task waits for a worker, in milliseconds, as on a Temporal server. */
const speculativeWaitMs = 5000;

/** Who took a workflow task. */
export interface TaskTaker {
  readonly identity: string;
  readonly requestId: string;
  /** Build of the worker's code; empty when it says none. */
  readonly buildId: string;
  /** Updates that go with the task and are in no history yet. Default 0. */
  readonly updatesInFlight?: number;
}

/**
 * Makes sure that a workflow task is scheduled, so that the workflow gets to see what happened. A no-op when one is scheduled or out, or the run
 * has closed; while an answer is applied, whoever applies it decides. A paused run gets none: it only takes what waits in its inbox into history. A retry (`transient`) and
 * a task for an update (`speculative`) write their events only when they complete.
 */
export function scheduleWorkflowTask(draft: RunDraft, kind: 'normal' | 'speculative' = 'normal'): void {
  const { record } = draft;
  if (!draft.isOpen || draft.answering || record.workflowTask !== undefined) return;
  if (draft.isPaused) return draft.flush();
  let taskKind: WorkflowTask['kind'] = record.workflowTaskAttempt > 1 ? 'transient' : kind;
  if (record.buffered.length > 0) {
    draft.flush();
    record.workflowTaskAttempt = 1;
    taskKind = 'normal';
  }
  const attempt = record.workflowTaskAttempt;
  const scheduledEventId = taskKind === 'normal' ? appendScheduled(draft, attempt) : record.nextEventId;
  record.workflowTask = {
    ...scheduledTask(scheduledEventId, attempt, draft.now),
    kind: taskKind,
    startDeadline: startDeadline(draft, taskKind),
  };
}

/** An ordinary workflow task that nobody has taken yet. */
export function scheduledTask(scheduledEventId: number, attempt: number, scheduledTime: number): WorkflowTask {
  return {
    kind: 'normal',
    scheduledEventId,
    startedEventId: 0,
    attempt,
    scheduledTime,
    startedTime: 0,
    requestId: '',
    identity: '',
    buildId: '',
    suggestContinueAsNew: false,
    historySizeBytes: 0,
    startDeadline: 0,
  };
}

/** A task for a worker's cache waits for that worker only so long, one for an update not long for any: then it becomes an ordinary one. */
function startDeadline({ now, record: { sticky } }: RunDraft, kind: WorkflowTask['kind']): number {
  if (sticky !== undefined) return now + sticky.scheduleToStartTimeout;
  return kind === 'speculative' ? now + speculativeWaitMs : 0;
}

/** The workflow gets to see what has happened; a run whose start is delayed waits for its time. */
export function wakeWorkflow(draft: RunDraft): void {
  if (draft.record.previousStartedEventId === 0 && draft.record.executionTime > draft.now) return;
  scheduleWorkflowTask(draft);
}

/** A worker takes the scheduled task. */
export function startWorkflowTask(draft: RunDraft, taker: TaskTaker): WorkflowTask {
  const { record } = draft;
  let task = record.workflowTask;
  if (task === undefined || task.startedEventId > 0) throw new Error('no workflow task is scheduled');
  // What happened since a retry was planned makes it an ordinary task again.
  if (task.kind !== 'normal' && task.scheduledEventId !== record.nextEventId) {
    record.workflowTaskAttempt = 1;
    task = { ...task, kind: 'normal', attempt: 1, scheduledEventId: appendScheduled(draft, 1) };
  }
  const started: WorkflowTask = {
    ...task,
    startedEventId: task.scheduledEventId + 1,
    startedTime: draft.now,
    identity: taker.identity,
    requestId: taker.requestId,
    buildId: taker.buildId,
    suggestContinueAsNew: isLong(record, taker.updatesInFlight ?? 0),
    // Of an eager start nothing is counted yet.
    historySizeBytes: draft.isNew ? 0 : record.historySizeBytes,
  };
  const startedEventId = started.kind === 'normal' ? appendStarted(draft, started) : started.startedEventId;
  record.workflowTask = { ...started, startedEventId };
  return record.workflowTask;
}

/** Whether a run should continue as new. */
function isLong({ nextEventId, historySizeBytes, updates }: RunDraft['record'], inFlight: number): boolean {
  const { count, bytes } = SUGGEST_CONTINUE_AS_NEW;
  if (nextEventId >= count || historySizeBytes >= bytes) return true;
  return updates.size + inFlight >= TOTAL_UPDATES.suggestContinueAsNew;
}

/** Writes the events of the task that just completed. @returns the id of `WorkflowTaskCompleted`. */
export function completeWorkflowTask(
  draft: RunDraft,
  attributes: temporal.api.history.v1.IWorkflowTaskCompletedEventAttributes,
): number {
  const task = writeDeferredEvents(draft, attributes.identity ?? '');
  clearTask(draft, 1);
  draft.record.previousStartedEventId = task.startedEventId;
  return draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, {
    workflowTaskCompletedEventAttributes: {
      ...attributes,
      scheduledEventId: toLong(task.scheduledEventId),
      startedEventId: toLong(task.startedEventId),
    },
  }).id;
}

/** Forgets a speculative task whose updates were all rejected: it leaves no trace. */
export function dropSpeculativeTask(draft: RunDraft): void {
  clearTask(draft, 1);
}

/** The task that is out failed. Only a first attempt writes the event; a retry is scheduled by the caller. */
export function failWorkflowTask(
  draft: RunDraft,
  cause: temporal.api.enums.v1.WorkflowTaskFailedCause,
  failure: Failure | undefined,
  identity: string,
): void {
  const task = writeDeferredEvents(draft, identity, 'speculative');
  if (task.kind !== 'transient') {
    draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, {
      workflowTaskFailedEventAttributes: {
        scheduledEventId: toLong(task.scheduledEventId),
        startedEventId: toLong(task.startedEventId),
        cause,
        ...(failure === undefined ? {} : { failure }),
        identity,
      },
    });
  }
  clearTask(draft, nextAttempt(draft));
  if (cause === WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) draft.record.workflowTaskAttempt = 1;
}

/** The worker did not answer in time, or (`scheduleToStart`) nobody took the task from the sticky queue. */
export function timeOutWorkflowTask(draft: RunDraft, type: 'startToClose' | 'scheduleToStart'): void {
  const early = type === 'scheduleToStart';
  const task = early ? writeDeferredScheduled(draft) : writeDeferredEvents(draft, '', 'speculative');
  if (task === undefined) return;
  if (task.kind !== 'transient') {
    draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, {
      workflowTaskTimedOutEventAttributes: {
        scheduledEventId: toLong(task.scheduledEventId),
        startedEventId: toLong(early ? 0 : task.startedEventId),
        timeoutType: early ? TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START : TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE,
      },
    });
  }
  const attempt = early ? 1 : nextAttempt(draft);
  draft.record.sticky = undefined;
  clearTask(draft, attempt);
}

/** A speculative task that nobody took turns out to be needed: it has been scheduled when it was, unless other events came after. */
function writeDeferredScheduled(draft: RunDraft): WorkflowTask | undefined {
  const { workflowTask: task, nextEventId } = draft.record;
  if (task?.kind !== 'speculative') return task;
  const at = task.scheduledEventId === nextEventId ? task.scheduledTime : draft.now;
  return { ...task, scheduledEventId: appendScheduled(draft, task.attempt, at) };
}

/** How long a worker may take for a task, in milliseconds: longer for tasks that keep failing. */
export function taskTimeout(taskTimeoutMs: number, attempt: number): number {
  if (attempt <= patientAttempts) return taskTimeoutMs;
  return Math.min(taskTimeoutMs * 2 ** (attempt - patientAttempts), Math.max(longestTaskTimeout, taskTimeoutMs));
}

/** A failure with the run in some worker's cache may be the cache's fault: the run's own queue gets a first attempt before retries count. */
function nextAttempt(draft: RunDraft): number {
  if (draft.record.sticky === undefined) return draft.record.workflowTaskAttempt + 1;
  draft.record.sticky = undefined;
  return 1;
}

function clearTask(draft: RunDraft, attempt: number): void {
  draft.record.workflowTask = undefined;
  draft.record.workflowTaskAttempt = attempt;
}

/** Retries and speculative tasks get their scheduled and started events when it turns out that they are needed. */
function writeDeferredEvents(draft: RunDraft, identity: string, only?: 'speculative'): WorkflowTask {
  const task = draft.record.workflowTask;
  if (task === undefined) throw new Error('no workflow task is out');
  if (task.kind === 'normal' || (only !== undefined && task.kind !== only)) return task;
  const scheduledEventId = appendScheduled(draft, task.attempt, task.scheduledTime);
  const startedEventId = appendStarted(draft, { ...task, scheduledEventId, identity }, task.startedTime);
  return { ...task, scheduledEventId, startedEventId };
}

/**
 * The events of a task that is out as a worker has to see them, although history does not have them yet: those of a retry or of a speculative task.
 */
export function unwrittenTaskEvents(record: RunRecord): HistoryEvent[] {
  const task = record.workflowTask;
  if (task === undefined || task.kind === 'normal') return [];
  const build = (id: number, eventType: number, at: number, attributes: EventAttributes): HistoryEvent => ({
    eventId: toLong(id),
    eventTime: toTimestamp(at),
    eventType,
    ...attributes,
  });
  return [
    build(
      task.scheduledEventId,
      EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
      task.scheduledTime,
      scheduledAttributes(record, task.attempt),
    ),
    build(task.startedEventId, EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, task.startedTime, startedAttributes(task)),
  ];
}

function appendScheduled(draft: RunDraft, attempt: number, at: number = draft.now): number {
  return draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, scheduledAttributes(draft.record, attempt), at).id;
}

function appendStarted(draft: RunDraft, task: WorkflowTask, at: number = draft.now): number {
  return draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED, startedAttributes(task), at).id;
}

type QueueFacts = Pick<RunRecord, 'sticky' | 'taskQueue' | 'taskTimeout'>;

function scheduledAttributes(
  { sticky, taskQueue, taskTimeout: timeout }: QueueFacts,
  attempt: number,
): EventAttributes {
  return {
    workflowTaskScheduledEventAttributes: {
      taskQueue:
        sticky === undefined
          ? { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL }
          : { name: sticky.queue, kind: TaskQueueKind.TASK_QUEUE_KIND_STICKY, normalName: taskQueue },
      startToCloseTimeout: toDuration(taskTimeout(timeout, attempt)),
      attempt,
    },
  };
}

/** The worker's build as events name it. */
export function workerVersion({ buildId }: Pick<TaskTaker, 'buildId'>): { workerVersion?: { buildId: string } } {
  return buildId === '' ? {} : { workerVersion: { buildId } };
}

function startedAttributes(task: WorkflowTask): EventAttributes {
  return {
    workflowTaskStartedEventAttributes: {
      scheduledEventId: toLong(task.scheduledEventId),
      identity: task.identity,
      requestId: task.requestId,
      suggestContinueAsNew: task.suggestContinueAsNew,
      historySizeBytes: toLong(task.historySizeBytes),
      ...workerVersion(task),
    },
  };
}
