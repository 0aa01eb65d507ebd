import proto from '@temporalio/proto';
import type { coresdk, google, temporal } from '@temporalio/proto';
import { CommandType, type HistoryEvent, type ProtocolMessage, toLong, toNumber } from '../../proto.ts';
import { fatal, nondeterminism } from '../errors.ts';
import { type Emitter, type Job, Machine } from './machine.ts';

const update = proto.temporal.api.update.v1;

type Request = temporal.api.update.v1.IRequest;
type Response = coresdk.workflow_commands.IUpdateResponse;

/** A request to run an update's handler, decoded: from a protocol message, or made up from history on replay. */
export interface UpdateRequest {
  readonly messageId: string;
  readonly protocolInstanceId: string;
  /** The event after which the request has its place; `undefined` when the message names none. */
  readonly sequencedAfter: number | undefined;
  readonly request: Request;
}

/** Decodes a message that came with a workflow task. */
export function updateRequestOfMessage(message: ProtocolMessage): UpdateRequest {
  const value = message.body?.value;
  if (!value) throw fatal('Protocol message body must be populated');
  return checkRequest({
    messageId: message.id ?? '',
    protocolInstanceId: message.protocolInstanceId ?? '',
    sequencedAfter: message.eventId == null ? undefined : toNumber(message.eventId),
    request: update.Request.decode(value),
  });
}

/** The request that an accepted or admitted update must have come with. */
export function updateRequestOfEvent(event: HistoryEvent): UpdateRequest {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (accepted) {
    return checkRequest({
      messageId: accepted.acceptedRequestMessageId ?? '',
      protocolInstanceId: accepted.protocolInstanceId ?? '',
      sequencedAfter: toNumber(accepted.acceptedRequestSequencingEventId),
      request: accepted.acceptedRequest ?? {},
    });
  }
  const request = event.workflowExecutionUpdateAdmittedEventAttributes?.request ?? {};
  const updateId = request.meta?.updateId ?? '';
  return checkRequest({
    messageId: `${updateId}/request`,
    protocolInstanceId: updateId,
    sequencedAfter: toNumber(event.eventId),
    request,
  });
}

/** Whether a request has its place before the event with this id. */
export function isDueBefore(request: UpdateRequest, id: number): boolean {
  return (request.sequencedAfter ?? 0) <= id - 1;
}

function checkRequest(request: UpdateRequest): UpdateRequest {
  if (!request.request.input) throw fatal("Update request's `input` field must be populated");
  if (!request.request.meta) throw fatal("Update request's `meta` field must be populated");
  return request;
}

const TRANSITIONS = {
  RequestInitiated: { Accept: 'Accepted', Reject: 'Rejected' },
  Accepted: {
    Complete: 'CompletedImmediately',
    Reject: 'CompletedImmediately',
    CommandProtocolMessage: 'AcceptCommandCreated',
  },
  AcceptCommandCreated: {
    WorkflowExecutionUpdateAccepted: 'AcceptCommandRecorded',
    Complete: 'CompletedImmediatelyAcceptCreated',
    Reject: 'CompletedImmediatelyAcceptCreated',
  },
  AcceptCommandRecorded: { Complete: 'Completed', Reject: 'Completed' },
  Completed: { CommandProtocolMessage: 'CompletedCommandCreated' },
  CompletedCommandCreated: { WorkflowExecutionUpdateCompleted: 'CompletedCommandRecorded' },
  // Accepted and completed in one activation: two messages, two commands.
  CompletedImmediately: { CommandProtocolMessage: 'CompletedImmediatelyAcceptCreated' },
  CompletedImmediatelyAcceptCreated: {
    CommandProtocolMessage: 'CompletedImmediatelyCompleteCreated',
  },
  CompletedImmediatelyCompleteCreated: {
    WorkflowExecutionUpdateAccepted: 'CompletedCommandCreated',
  },
};

/** One update of a run: accepted or rejected by its validator, then completed. */
export class UpdateMachine extends Machine {
  readonly #request: UpdateRequest;

  constructor(request: UpdateRequest) {
    super('UpdateMachine', 'Update machine', TRANSITIONS, 'RequestInitiated');
    this.#request = request;
  }

  /** The job that has the language side run the handler. A validator never runs on replay. */
  doUpdateJob(replaying: boolean): Job {
    const { input, meta } = this.#request.request;
    return {
      doUpdate: {
        id: meta?.updateId ?? '',
        protocolInstanceId: this.#request.protocolInstanceId,
        name: input?.name ?? '',
        input: input?.args?.payloads ?? [],
        headers: input?.header?.fields ?? {},
        ...(meta && { meta }),
        runValidator: !replaying,
      },
    };
  }

  /** The language side accepted, rejected or completed the update. */
  handleResponse(response: Response, emit: Emitter): void {
    const from = this.state;
    const trigger = response.accepted ? 'Accept' : response.rejected ? 'Reject' : 'Complete';
    if (trigger === 'Complete' && !response.completed) {
      throw fatal(`Update response for update ${this.#id} had an empty result`);
    }
    if (!this.step(trigger)) {
      throw nondeterminism(`Invalid transition while handling update response (id ${this.#id}) in state ${from}`);
    }
    if (trigger === 'Accept') this.#sendAcceptance(emit);
    else if (from === 'RequestInitiated') this.#sendRejection(response, emit);
    else this.#sendOutcome(response, emit);
  }

  protected override onEvent(): void {}

  get #id(): string {
    return this.#request.request.meta?.updateId ?? '';
  }

  #sendAcceptance(emit: Emitter): void {
    const { messageId, sequencedAfter, request } = this.#request;
    const acceptance = update.Acceptance.create({
      acceptedRequestMessageId: messageId,
      acceptedRequestSequencingEventId: toLong(sequencedAfter ?? 0),
      acceptedRequest: request,
    });
    const value = update.Acceptance.encode(acceptance).finish();
    this.#send('accept', packed('Acceptance', value), emit, true);
  }

  #sendRejection(response: Response, emit: Emitter): void {
    const { messageId, sequencedAfter, request } = this.#request;
    const rejection = update.Rejection.create({
      rejectedRequestMessageId: messageId,
      rejectedRequestSequencingEventId: toLong(sequencedAfter ?? 0),
      rejectedRequest: request,
      ...(response.rejected && { failure: response.rejected }),
    });
    const value = update.Rejection.encode(rejection).finish();
    this.#send('reject', packed('Rejection', value), emit, false);
  }

  #sendOutcome(response: Response, emit: Emitter): void {
    const outcome = response.rejected
      ? { failure: response.rejected }
      : { success: { payloads: response.completed ? [response.completed] : [] } };
    const meta = this.#request.request.meta;
    const message = update.Response.create({ ...(meta && { meta }), outcome });
    this.#send('complete', packed('Response', update.Response.encode(message).finish()), emit, true);
  }

  #send(what: string, body: google.protobuf.IAny, emit: Emitter, withCommand: boolean): void {
    const id = `${this.#request.messageId}/${what}`;
    emit.message({ id, protocolInstanceId: this.#request.protocolInstanceId, body });
    if (!withCommand) return; // a rejection leaves nothing in history
    emit.command({
      commandType: CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE,
      protocolMessageCommandAttributes: { messageId: id },
    });
  }
}

function packed(name: string, value: Uint8Array): google.protobuf.IAny {
  return { type_url: `type.googleapis.com/temporal.api.update.v1.${name}`, value };
}
