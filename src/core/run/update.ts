import proto from '@temporalio/proto';
import type { google, temporal } from '@temporalio/proto';
import type { ProtocolMessage } from '../proto.ts';
import { EventType, toLong, WorkflowTaskFailedCause } from '../proto.ts';
import { BLOB_SIZE } from '../limits.ts';
import { WorkflowTaskRefused } from './refused.ts';
import type { RunDraft } from './draft.ts';

const { Acceptance, Rejection, Request, Response } = proto.temporal.api.update.v1;

/** What a completed workflow task said about an update. */
export type UpdateAnswer =
  | { readonly kind: 'accepted'; readonly updateId: string; readonly acceptedEventId: number }
  | { readonly kind: 'rejected'; readonly updateId: string; readonly failure: temporal.api.failure.v1.IFailure }
  | { readonly kind: 'completed'; readonly updateId: string; readonly outcome: temporal.api.update.v1.IOutcome };

const { Any } = proto.google.protobuf;
const bad = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE;

const typeUrl = (name: string): string => `type.googleapis.com/temporal.api.update.v1.${name}`;

/** An update as the message that a worker gets with its workflow task. */
export function updateRequestMessage(
  updateId: string,
  request: temporal.api.update.v1.IRequest,
  afterEventId: number,
): ProtocolMessage {
  return {
    id: `${updateId}/request`,
    protocolInstanceId: updateId,
    eventId: toLong(afterEventId),
    body: { type_url: typeUrl('Request'), value: Request.encode(request).finish() },
  };
}

/** Takes a worker's message about an update into history. Rejections leave nothing there. */
export function applyUpdateMessage(
  draft: RunDraft,
  message: ProtocolMessage,
  taskCompletedId: number,
  requests: ReadonlyMap<string, temporal.api.update.v1.IRequest>,
): UpdateAnswer {
  const updateId = message.protocolInstanceId ?? '';
  const body: google.protobuf.IAny = message.body ?? {};
  const value = body.value ?? new Uint8Array();
  if (Any.encode(body).len > BLOB_SIZE) {
    const name = body.type_url?.slice(typeUrl('').indexOf('/') + 1) ?? '';
    throw new WorkflowTaskRefused(bad, `Message type ${name} exceeds size limit.`, { terminates: true });
  }
  switch (body.type_url) {
    case typeUrl('Acceptance'):
      return accept(draft, updateId, Acceptance.decode(value), taskCompletedId, requests.get(updateId));
    case typeUrl('Rejection'): {
      const { failure } = Rejection.decode(value);
      if (draft.record.updates.get(updateId)?.acceptedEventId === 0) draft.record.updates.delete(updateId);
      return { kind: 'rejected', updateId, failure: failure ?? { message: 'update rejected' } };
    }
    case typeUrl('Response'):
      return complete(draft, updateId, Response.decode(value));
    default:
      throw badMessage(`unknown message type ${body.type_url ?? ''} for update ${updateId}`);
  }
}

/** Whether a worker's message rejects an update. */
export function isRejection({ body }: ProtocolMessage): boolean {
  return body?.type_url === typeUrl('Rejection');
}

function accept(
  draft: RunDraft,
  updateId: string,
  acceptance: temporal.api.update.v1.IAcceptance,
  taskCompletedId: number,
  request: temporal.api.update.v1.IRequest | undefined,
): UpdateAnswer {
  const known = draft.record.updates.get(updateId);
  if (known !== undefined && known.acceptedEventId > 0) throw badMessage(`update ${updateId} was accepted before`);
  // One that was admitted in history stands there already.
  const acceptedRequest = known === undefined ? (request ?? acceptance.acceptedRequest ?? null) : null;
  const { id } = draft.append(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED, {
    workflowExecutionUpdateAcceptedEventAttributes: {
      protocolInstanceId: updateId,
      acceptedRequestMessageId: acceptance.acceptedRequestMessageId ?? '',
      acceptedRequestSequencingEventId: acceptance.acceptedRequestSequencingEventId ?? toLong(taskCompletedId),
      acceptedRequest,
    },
  });
  draft.record.updates.set(updateId, { updateId, acceptedEventId: id, completedEventId: 0 });
  return { kind: 'accepted', updateId, acceptedEventId: id };
}

function complete(draft: RunDraft, updateId: string, response: temporal.api.update.v1.IResponse): UpdateAnswer {
  const update = draft.record.updates.get(updateId);
  if (update === undefined || update.acceptedEventId === 0 || update.completedEventId > 0) {
    throw badMessage(`update ${updateId} was completed, but it is not open`);
  }
  const outcome = response.outcome ?? {};
  const { id } = draft.append(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED, {
    workflowExecutionUpdateCompletedEventAttributes: {
      meta: response.meta ?? { updateId },
      acceptedEventId: toLong(update.acceptedEventId),
      outcome,
    },
  });
  draft.record.updates.set(updateId, { ...update, completedEventId: id });
  return { kind: 'completed', updateId, outcome };
}

function badMessage(message: string): WorkflowTaskRefused {
  return new WorkflowTaskRefused(bad, message);
}
