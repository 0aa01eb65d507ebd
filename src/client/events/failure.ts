import type { ProtoFailure } from '@temporalio/common';
import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import type { EventFailure } from './event.ts';

/** Failures that only say where another one happened. */
function isWrapper(failure: ProtoFailure): boolean {
  return failure.activityFailureInfo != null || failure.childWorkflowExecutionFailureInfo != null;
}

/** What a failure of history comes to: the innermost one that says something of its own. */
export async function readFailure(
  failure: ProtoFailure | null | undefined,
  payloads: PayloadReader,
  workflowId: string,
): Promise<EventFailure> {
  let at = failure;
  while (at?.cause && isWrapper(at)) at = at.cause;
  return { type: typeOf(at), message: await payloads.messageOf(at, { workflowId }) };
}

function typeOf(failure: ProtoFailure | null | undefined): string {
  if (failure?.applicationFailureInfo) return failure.applicationFailureInfo.type || 'Error';
  if (failure?.timeoutFailureInfo) return 'TimeoutFailure';
  if (failure?.canceledFailureInfo) return 'CancelledFailure';
  if (failure?.terminatedFailureInfo) return 'TerminatedFailure';
  return 'Error';
}
