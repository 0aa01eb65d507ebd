import { EventType, WorkflowExecutionStatus } from '../proto.ts';
import type { Pause } from '../record.ts';
import type { RunDraft } from './draft.ts';
import { dropSpeculativeTask, timeOutWorkflowTask, wakeWorkflow } from './workflow-task.ts';

/** Who pauses a run, or resumes it. */
export type PauseRequest = Omit<Pause, 'time'>;

/**
 * Stops giving the run's tasks to workers. What workers have they may finish, and whatever happens is recorded: signals, timers, results, timeouts. A run that
 * is paused has at most the workflow task that is out.
 */
export function pauseRun(draft: RunDraft, request: PauseRequest): void {
  const { record } = draft;
  takeBackTask(draft);
  record.status = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED;
  record.pause = { ...request, time: draft.now };
  draft.happen(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED, {
    workerMayIgnore: true,
    workflowExecutionPausedEventAttributes: { ...request },
  });
}

/** Lets a paused run go on: its workflow gets to see what has happened. */
export function unpauseRun(draft: RunDraft, request: PauseRequest): void {
  const { record } = draft;
  record.status = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
  record.pause = undefined;
  draft.happen(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED, {
    workerMayIgnore: true,
    workflowExecutionUnpausedEventAttributes: { ...request },
  });
  // There is something new to see: it is no mere retry.
  if (!draft.taskIsOut) record.workflowTaskAttempt = 1;
  wakeWorkflow(draft);
}

/**
 * A workflow task that no worker has taken yet is over; the run gets another one when it goes on. Temporal's server fails it, but sdk-core does not accept that a
 * task fails which was not started: here it has waited too long for a worker.
 */
function takeBackTask(draft: RunDraft): void {
  const task = draft.record.workflowTask;
  if (task === undefined || draft.taskIsOut) return;
  if (task.kind === 'speculative') dropSpeculativeTask(draft);
  else timeOutWorkflowTask(draft, 'scheduleToStart');
}
