import { EventType, toLong, toNumber } from '../../proto.ts';
import type { HistoryEvent } from '../../proto.ts';
import type { RunDraft } from '../draft.ts';
import { recordSignal } from '../signal.ts';

/** What of the history after the point of a reset happens to the new run, too. */
export interface Reapplied {
  readonly signals: boolean;
  readonly updates: boolean;
}

/** `UPDATE_ADMITTED_EVENT_ORIGIN_REAPPLY`. */
const reapplyOrigin = 1;

/** Lets happen to a run that was reset what came from outside after the point it goes on from, and what became of its children. */
export function reapplyEvents(draft: RunDraft, events: readonly HistoryEvent[], reapplied: Reapplied): void {
  for (const event of events) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal && reapplied.signals) recordSignal(draft, signal, event.links?.length ? { links: event.links } : {});
    if (reapplied.updates) reapplyUpdate(draft, event);
    reapplyToChild(draft, event);
  }
}

/** An update begins anew: it stands in history, from where the worker takes it. */
function reapplyUpdate(draft: RunDraft, event: HistoryEvent): void {
  const admitted = event.workflowExecutionUpdateAdmittedEventAttributes;
  const request = admitted?.request ?? event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest;
  if (!request) return;
  draft.happen(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED, {
    workflowExecutionUpdateAdmittedEventAttributes: { request, origin: admitted?.origin ?? reapplyOrigin },
  });
  const updateId = request.meta?.updateId ?? '';
  draft.record.updates.set(updateId, { updateId, acceptedEventId: 0, completedEventId: 0 });
}

const childEnds = [
  'startChildWorkflowExecutionFailedEventAttributes',
  'childWorkflowExecutionCompletedEventAttributes',
  'childWorkflowExecutionFailedEventAttributes',
  'childWorkflowExecutionCanceledEventAttributes',
  'childWorkflowExecutionTimedOutEventAttributes',
  'childWorkflowExecutionTerminatedEventAttributes',
] as const;

/** Only children that the new run has, too: they are the same. */
function reapplyToChild(draft: RunDraft, event: HistoryEvent): void {
  const { children } = draft.record;
  const started = event.childWorkflowExecutionStartedEventAttributes;
  const startedChild = started && children.get(toNumber(started.initiatedEventId));
  if (started && startedChild?.startedEventId === 0) {
    const runId = started.workflowExecution?.runId ?? '';
    const { id } = draft.append(event.eventType ?? 0, { childWorkflowExecutionStartedEventAttributes: started });
    children.set(startedChild.initiatedEventId, { ...startedChild, runId, startedEventId: id });
    draft.confirmEffect(`${startedChild.initiatedEventId}`);
  }
  for (const name of childEnds) {
    const child = children.get(toNumber(event[name]?.initiatedEventId));
    if (child === undefined) continue;
    const reference = child.startedEventId > 0 ? { startedEventId: toLong(child.startedEventId) } : {};
    draft.append(event.eventType ?? 0, { [name]: { ...event[name], ...reference } });
    children.delete(child.initiatedEventId);
    draft.confirmEffect(`${child.initiatedEventId}`);
  }
}
