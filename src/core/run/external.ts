import type { temporal } from '@temporalio/proto';
import { EventType, toLong } from '../proto.ts';
import type { RunDraft } from './draft.ts';
import { scheduleWorkflowTask } from './workflow-task.ts';

type SignalInitiated = temporal.api.history.v1.ISignalExternalWorkflowExecutionInitiatedEventAttributes;
type CancelInitiated = temporal.api.history.v1.IRequestCancelExternalWorkflowExecutionInitiatedEventAttributes;

/** The workflow wants to signal another run: recorded here, delivered by an effect. */
export function initiateSignal(draft: RunDraft, attributes: SignalInitiated): void {
  const { id } = draft.append(EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, {
    signalExternalWorkflowExecutionInitiatedEventAttributes: attributes,
  });
  draft.record.externals.set(id, { initiatedEventId: id, kind: 'signal' });
  draft.addEffect({ kind: 'signalExternal', id: `${id}`, eventId: id });
}

/** The workflow wants another run to cancel itself: recorded here, delivered by an effect. */
export function initiateCancel(draft: RunDraft, attributes: CancelInitiated): void {
  const { id } = draft.append(EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, {
    requestCancelExternalWorkflowExecutionInitiatedEventAttributes: attributes,
  });
  draft.record.externals.set(id, { initiatedEventId: id, kind: 'cancel' });
  draft.addEffect({ kind: 'cancelExternal', id: `${id}`, eventId: id });
}

/** The other run got the signal, or could not (`cause`). */
export function signalDelivered(
  draft: RunDraft,
  eventId: number,
  initiated: SignalInitiated,
  cause?: temporal.api.enums.v1.SignalExternalWorkflowExecutionFailedCause,
): void {
  if (!draft.record.externals.delete(eventId)) return;
  const common = {
    initiatedEventId: toLong(eventId),
    namespace: initiated.namespace ?? '',
    namespaceId: initiated.namespaceId ?? '',
    workflowExecution: initiated.workflowExecution ?? null,
    control: initiated.control ?? '',
  };
  if (cause === undefined) {
    draft.happen(EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, {
      externalWorkflowExecutionSignaledEventAttributes: common,
    });
  } else {
    draft.happen(EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, {
      signalExternalWorkflowExecutionFailedEventAttributes: {
        ...common,
        cause,
      },
    });
  }
  scheduleWorkflowTask(draft);
}

/** The other run got the cancel request, or could not (`cause`). */
export function cancelDelivered(
  draft: RunDraft,
  eventId: number,
  initiated: CancelInitiated,
  cause?: temporal.api.enums.v1.CancelExternalWorkflowExecutionFailedCause,
): void {
  if (!draft.record.externals.delete(eventId)) return;
  const common = {
    initiatedEventId: toLong(eventId),
    namespace: initiated.namespace ?? '',
    namespaceId: initiated.namespaceId ?? '',
    workflowExecution: initiated.workflowExecution ?? null,
  };
  if (cause === undefined) {
    draft.happen(EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, {
      externalWorkflowExecutionCancelRequestedEventAttributes: common,
    });
  } else {
    draft.happen(EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, {
      requestCancelExternalWorkflowExecutionFailedEventAttributes: {
        ...common,
        cause,
        control: initiated.control ?? '',
      },
    });
  }
  scheduleWorkflowTask(draft);
}
