import type { temporal } from '@temporalio/proto';
import { EventType } from '../proto.ts';
import type { EventAttributes, RunDraft } from './draft.ts';
import { refuseManySignals } from './limits.ts';
import { scheduleWorkflowTask, wakeWorkflow } from './workflow-task.ts';

type SignaledAttributes = temporal.api.history.v1.IWorkflowExecutionSignaledEventAttributes;
type CancelAttributes = temporal.api.history.v1.IWorkflowExecutionCancelRequestedEventAttributes;

/** How many request ids of signals a run remembers, to drop repeats. */
const rememberedRequests = 10_000;

/** A signal arrives. A repeat (same request id) is dropped. @throws LimitExceeded when the run takes no more. */
export function signalRun(
  draft: RunDraft,
  attributes: SignaledAttributes,
  requestId: string,
  extra: EventAttributes = {},
): void {
  if (!isNewRequest(draft, requestId)) return;
  refuseManySignals(draft);
  recordSignal(draft, attributes, extra);
  wakeWorkflow(draft);
}

/** Writes a signal without waking the workflow. */
export function recordSignal(draft: RunDraft, attributes: SignaledAttributes, extra: EventAttributes = {}): void {
  draft.happen(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, {
    ...extra,
    workflowExecutionSignaledEventAttributes: attributes,
  });
  draft.record.signalCount += 1;
}

/** Somebody asks the run to cancel itself. Only the first request counts. */
export function requestCancelRun(draft: RunDraft, attributes: CancelAttributes): void {
  if (draft.record.cancelRequested) return;
  draft.record.cancelRequested = true;
  draft.happen(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, {
    workflowExecutionCancelRequestedEventAttributes: attributes,
  });
  // A cancelled run need not wait for a delayed start.
  scheduleWorkflowTask(draft);
}

/** Whether a request comes for the first time; it is remembered. Those without an id always do. */
export function isNewRequest(draft: RunDraft, requestId: string): boolean {
  const seen = draft.record.requestIds;
  if (requestId === '') return true;
  if (seen.has(requestId)) return false;
  seen.add(requestId);
  if (seen.size > rememberedRequests) seen.delete(seen.values().next().value as string);
  return true;
}
