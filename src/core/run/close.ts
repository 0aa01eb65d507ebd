import { EventType, ParentClosePolicy, WorkflowExecutionStatus, WorkflowTaskFailedCause } from '../proto.ts';
import type { Payloads } from '../proto.ts';
import type { EventAttributes, RunDraft } from './draft.ts';
import { failWorkflowTask } from './workflow-task.ts';

const statusOf = new Map<number, number>([
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED],
  [
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
  ],
]);

/** Whom a run that is closed leaves to the one that takes its place. */
interface Left {
  readonly children?: boolean;
  readonly parent?: boolean;
  readonly schedule?: boolean;
}

/**
 * Writes the closing event. What was pending is dropped, the parent and the schedule that wait for it are told (unless a successor goes on in its place), and each child gets what its
 * parent close policy says.
 */
export function closeRun(draft: RunDraft, eventType: number, attributes: EventAttributes, left: Left = {}): void {
  const { record } = draft;
  // What still waits in the inbox happened before the end, unless it is a consequence of the very answer that ends the run.
  if (draft.answering) record.buffered = [];
  else draft.flush();
  const { id } = draft.append(eventType, attributes);
  record.status = statusOf.get(eventType) ?? record.status;
  record.closeTime = draft.now;
  record.pause = undefined;
  record.workflowTask = undefined;
  record.workflowTaskAttempt = 1;
  record.sticky = undefined;
  if (!left.children) for (const child of record.children.values()) closeChild(draft, child);
  record.timers.clear();
  record.externals.clear();
  record.effects = record.effects.filter(({ kind }) => kind === 'closeChild');
  if (record.parent !== undefined && record.nextRunId === undefined && !left.parent) {
    draft.addEffect({ kind: 'notifyParent', id: `${id}/parent`, eventId: id });
  }
  if (record.scheduledBy !== undefined && record.nextRunId === undefined && !left.schedule) {
    draft.addEffect({ kind: 'notifySchedule', id: `${id}/schedule`, eventId: id });
  }
}

/** Ends the run at once, whatever its workflow is doing. */
export function terminateRun(draft: RunDraft, reason: string, details: Payloads | undefined, identity: string): void {
  failTaskThatIsOut(draft);
  closeRun(draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, {
    workflowExecutionTerminatedEventAttributes: { reason, ...(details ? { details } : {}), identity },
  });
}

/**
 * Ends the run, as another one goes on from an earlier point of the workflow. Its children wait for that one when it begins with the history of this run
 * (`base`), and its parent when this one belongs to the chain that is reset; the parent of another chain's run is told.
 * @returns the schedule that waits for the end of that one now, if this one belongs to the chain that is reset.
 */
export function terminateForReset(draft: RunDraft, reason: string, base: RunDraft): RunDraft['record']['scheduledBy'] {
  const { firstRunId, scheduledBy } = draft.record;
  const isOfChain = firstRunId === base.record.firstRunId;
  failTaskThatIsOut(draft);
  closeRun(
    draft,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
    { workflowExecutionTerminatedEventAttributes: { reason, identity: 'history-resetter' } },
    { children: draft === base, parent: isOfChain, schedule: isOfChain },
  );
  return isOfChain ? scheduledBy : undefined;
}

/** The answer of a worker that has a task will come too late; history says so, as a Temporal server's does. */
export function failTaskThatIsOut(draft: RunDraft): void {
  if (!draft.taskIsOut) return;
  failWorkflowTask(
    draft,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
    undefined,
    'history-service',
  );
}

function closeChild(
  draft: RunDraft,
  child: RunDraft['record']['children'] extends Map<number, infer Child> ? Child : never,
): void {
  const { namespace, workflowId, runId } = child;
  if (child.parentClosePolicy === ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON) return;
  // A child that was not started yet is dropped with its start effect.
  if (child.startedEventId === 0 && runId === '') return;
  draft.addEffect({
    kind: 'closeChild',
    id: `${child.initiatedEventId}/close`,
    child: { namespace, workflowId, runId },
    policy: child.parentClosePolicy === ParentClosePolicy.PARENT_CLOSE_POLICY_REQUEST_CANCEL ? 'cancel' : 'terminate',
  });
}
