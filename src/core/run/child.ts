import type { temporal } from '@temporalio/proto';
import { namespaceId } from '../namespace-id.ts';
import type { HistoryEvent } from '../proto.ts';
import { EventType, toLong } from '../proto.ts';
import type { PendingChild, RunKey } from '../record.ts';
import type { RunDraft } from './draft.ts';
import { scheduleWorkflowTask } from './workflow-task.ts';

type Initiated = temporal.api.history.v1.IStartChildWorkflowExecutionInitiatedEventAttributes;

/** The workflow wants a child: recorded here, started by an effect. */
export function initiateChild(draft: RunDraft, attributes: Initiated, extra: object = {}): void {
  const { id } = draft.append(EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, {
    ...extra,
    startChildWorkflowExecutionInitiatedEventAttributes: attributes,
  });
  addChild(draft, id, attributes);
  draft.addEffect({ kind: 'startChild', id: `${id}`, eventId: id });
}

/** A child is wanted, whose `StartChildWorkflowExecutionInitiated` has this id. */
export function addChild(draft: RunDraft, id: number, attributes: Initiated): void {
  draft.record.children.set(id, {
    initiatedEventId: id,
    startedEventId: 0,
    namespace: attributes.namespace ?? draft.record.namespace,
    workflowId: attributes.workflowId ?? '',
    runId: '',
    workflowType: attributes.workflowType?.name ?? '',
    parentClosePolicy: attributes.parentClosePolicy ?? 1,
  });
}

/** The child runs. */
export function childStarted(draft: RunDraft, child: PendingChild, initiated: Initiated, runId: string): void {
  const startedEventId = draft.happen(EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, {
    childWorkflowExecutionStartedEventAttributes: {
      namespace: child.namespace,
      namespaceId: namespaceId(child.namespace),
      initiatedEventId: toLong(child.initiatedEventId),
      workflowExecution: { workflowId: child.workflowId, runId },
      workflowType: { name: child.workflowType },
      ...(initiated.header ? { header: initiated.header } : {}),
    },
  });
  draft.record.children.set(child.initiatedEventId, { ...child, runId, startedEventId });
  scheduleWorkflowTask(draft);
}

/** The child could not be started. */
export function childStartFailed(
  draft: RunDraft,
  child: PendingChild,
  initiated: Initiated,
  cause: temporal.api.enums.v1.StartChildWorkflowExecutionFailedCause,
): void {
  draft.record.children.delete(child.initiatedEventId);
  draft.happen(EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, {
    startChildWorkflowExecutionFailedEventAttributes: {
      namespace: child.namespace,
      namespaceId: namespaceId(child.namespace),
      workflowId: child.workflowId,
      workflowType: { name: child.workflowType },
      cause,
      control: initiated.control ?? '',
      initiatedEventId: toLong(child.initiatedEventId),
    },
  });
  scheduleWorkflowTask(draft);
}

/** The child closed with the event given; a child that is not pending (told before, or the parent forgot it) is passed over. */
export function childClosed(draft: RunDraft, initiatedEventId: number, childRun: RunKey, closing: HistoryEvent): void {
  const child = draft.record.children.get(initiatedEventId);
  if (child === undefined || child.workflowId !== childRun.workflowId) return;
  // After a reset it may have closed before the run has found it.
  if (child.runId === '') {
    childStarted(draft, child, {}, childRun.runId);
    return childClosed(draft, initiatedEventId, childRun, closing);
  }
  draft.record.children.delete(initiatedEventId);
  const common = {
    namespace: child.namespace,
    namespaceId: namespaceId(child.namespace),
    workflowExecution: { workflowId: child.workflowId, runId: childRun.runId },
    workflowType: { name: child.workflowType },
    initiatedEventId: toLong(initiatedEventId),
    startedEventId: toLong(child.startedEventId),
  };
  const [eventType, attributes] = closedEvent(closing, common);
  draft.happen(eventType, attributes);
  scheduleWorkflowTask(draft);
}

function closedEvent(closing: HistoryEvent, common: object): [number, object] {
  switch (closing.eventType) {
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: {
      const result = closing.workflowExecutionCompletedEventAttributes?.result;
      return [
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED,
        { childWorkflowExecutionCompletedEventAttributes: { ...common, ...(result ? { result } : {}) } },
      ];
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: {
      const { failure, retryState } = closing.workflowExecutionFailedEventAttributes ?? {};
      return [
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED,
        { childWorkflowExecutionFailedEventAttributes: { ...common, failure, retryState } },
      ];
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: {
      const details = closing.workflowExecutionCanceledEventAttributes?.details;
      return [
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED,
        { childWorkflowExecutionCanceledEventAttributes: { ...common, ...(details ? { details } : {}) } },
      ];
    }
    case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: {
      const { retryState } = closing.workflowExecutionTimedOutEventAttributes ?? {};
      return [
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT,
        { childWorkflowExecutionTimedOutEventAttributes: { ...common, retryState } },
      ];
    }
    default:
      return [
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED,
        { childWorkflowExecutionTerminatedEventAttributes: common },
      ];
  }
}
