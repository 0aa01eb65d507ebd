import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import proto from '@temporalio/proto';
import type { google, temporal } from '@temporalio/proto';

/**
 * Errors of RPCs as a Temporal server sends them: gRPC `ServiceError`s with the server's codes, texts and packed details, which the
 * official client turns into its own error classes. This file knows codes and details; which text to use is up to the caller.
 */
export type { ServiceError } from '@grpc/grpc-js';

/** The codes of gRPC, by name. */
export { status as grpcStatus } from '@grpc/grpc-js';

const DETAILS_KEY = 'grpc-status-details-bin';
const TYPE_PREFIX = 'type.googleapis.com/';

type Any = google.protobuf.IAny;
type ErrorDetails = typeof temporal.api.errordetails.v1;
type DetailsName = keyof ErrorDetails;

/** The status of one operation, or of a whole call: what travels on the wire. */
export interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly Any[];
}

/** The error for a status; `metadata` carries the details when there are any. */
export function fromStatus(rpcStatus: RpcStatus): ServiceError {
  const { code, message, details } = rpcStatus;
  const metadata = new Metadata();
  if (details.length > 0) {
    const packed = proto.google.rpc.Status.encode({ code, message, details: [...details] }).finish();
    metadata.set(DETAILS_KEY, Buffer.from(packed));
  }
  const error = new Error(`${code} ${status[code] ?? 'UNKNOWN'}: ${message}`);
  return Object.assign(error, { code, details: message, metadata });
}

/** The status in an error, so that it can be sent on or put into another one. Anything that is no `ServiceError` becomes `INTERNAL`. */
export function toStatus(error: unknown): RpcStatus {
  if (!isServiceError(error)) {
    return { code: status.INTERNAL, message: error instanceof Error ? error.message : String(error), details: [] };
  }
  const packed = error.metadata.get(DETAILS_KEY)[0];
  const details = packed instanceof Buffer ? proto.google.rpc.Status.decode(packed).details : [];
  return { code: error.code, message: error.details, details };
}

/** Whether a value is an error of an RPC. Works across copies of the gRPC package. */
export function isServiceError(error: unknown): error is ServiceError {
  if (!(error instanceof Error)) return false;
  const candidate = error as Partial<ServiceError>;
  return (
    typeof candidate.code === 'number' &&
    typeof candidate.details === 'string' &&
    typeof candidate.metadata?.get === 'function'
  );
}

/** Whether a value is an error of an RPC with one of these codes. */
export function hasCode(error: unknown, ...codes: readonly number[]): error is ServiceError {
  return isServiceError(error) && codes.includes(error.code);
}

/** NOT_FOUND: a run, a task, an activity or an update that does not exist (any more). */
export function notFound(message: string): ServiceError {
  return failed(status.NOT_FOUND, message, errorDetails('NotFoundFailure', {}));
}

/** NOT_FOUND in the server's words: there is no such run (or, without a run id, no such workflow). */
export function workflowNotFound(workflowId: string, runId?: string): ServiceError {
  return notFound(
    runId === undefined || runId === ''
      ? `workflow not found for ID: ${workflowId}`
      : `workflow execution not found for workflow ID "${workflowId}" and run ID "${runId}"`,
  );
}

/** NOT_FOUND in the server's words: the run is closed. */
export function workflowCompleted(): ServiceError {
  return notFound(completedText);
}

/** Whether an error says that the run has completed. */
export function isWorkflowCompleted(error: unknown): boolean {
  return hasCode(error, status.NOT_FOUND) && error.details === completedText;
}

const completedText = 'workflow execution already completed';

/** NOT_FOUND: the client throws `NamespaceNotFoundError`. */
export function namespaceNotFound(namespace: string): ServiceError {
  const details = errorDetails('NamespaceNotFoundFailure', { namespace });
  return failed(status.NOT_FOUND, `Namespace ${namespace} is not found.`, details);
}

/** ALREADY_EXISTS in the server's words. */
export function namespaceAlreadyExists(namespace: string): ServiceError {
  const details = errorDetails('NamespaceAlreadyExistsFailure', {});
  return failed(status.ALREADY_EXISTS, `Namespace "${namespace}" already exists`, details);
}

/** The run that is in the way of a start. */
export interface ExistingRun {
  readonly runId: string;
  /** Request id of the start that made it. */
  readonly startRequestId: string;
}

/** ALREADY_EXISTS: the client throws `WorkflowExecutionAlreadyStartedError`. */
function alreadyStarted(message: string, existing: ExistingRun): ServiceError {
  return failed(status.ALREADY_EXISTS, message, errorDetails('WorkflowExecutionAlreadyStartedFailure', existing));
}

/** Why a start was refused, in the server's words: the policy that stood in the way. */
export type AlreadyStartedReason = 'running' | 'finished' | 'finished successfully';

/** ALREADY_EXISTS in the server's words. */
export function workflowAlreadyStarted(
  reason: AlreadyStartedReason,
  workflowId: string,
  existing: ExistingRun,
): ServiceError {
  const ids = `WorkflowId: ${workflowId}, RunId: ${existing.runId}.`;
  const texts = {
    running: `Workflow execution is already running. ${ids}`,
    finished: `Workflow execution already finished. ${ids} Workflow Id reuse policy: reject duplicate workflow Id.`,
    'finished successfully':
      `Workflow execution already finished successfully. ${ids} ` +
      'Workflow Id reuse policy: allow duplicate workflow Id if last run failed.',
  };
  return alreadyStarted(texts[reason], existing);
}

/** INVALID_ARGUMENT: the request makes no sense, whatever the state is. */
export function invalidArgument(message: string): ServiceError {
  return failed(status.INVALID_ARGUMENT, message);
}

/** FAILED_PRECONDITION: the state does not allow it. */
export function failedPrecondition(message: string): ServiceError {
  return failed(status.FAILED_PRECONDITION, message);
}

/** FAILED_PRECONDITION with the details of a run that cannot answer yet, e.g. a query before the first workflow task. */
export function workflowNotReady(message = 'Workflow state is not ready to handle the request.'): ServiceError {
  return failed(status.FAILED_PRECONDITION, message, errorDetails('WorkflowNotReadyFailure', {}));
}

/** INVALID_ARGUMENT with the workflow's own failure: the client throws `QueryNotRegisteredError`. */
export function queryFailed(message: string, failure?: temporal.api.failure.v1.IFailure | null): ServiceError {
  const details = errorDetails('QueryFailedFailure', failure === undefined ? {} : { failure });
  return failed(status.INVALID_ARGUMENT, message, details);
}

/** UNIMPLEMENTED: names the feature that is not there. Nothing is ever left out in silence. */
export function unimplemented(feature: string): ServiceError {
  return failed(status.UNIMPLEMENTED, `Perdure's durable core does not support ${feature} yet.`);
}

/** ABORTED: to be tried again from the beginning. */
export function aborted(message: string): ServiceError {
  return failed(status.ABORTED, message);
}

/** CANCELLED: the caller gave up. The text is the one of the gRPC client. */
export function cancelled(message = 'Cancelled on client'): ServiceError {
  return failed(status.CANCELLED, message);
}

/** DEADLINE_EXCEEDED: the caller's deadline passed. The text is the one of the gRPC client. */
export function deadlineExceeded(message = 'Deadline exceeded'): ServiceError {
  return failed(status.DEADLINE_EXCEEDED, message);
}

/** RESOURCE_EXHAUSTED in the words of gRPC servers: a request that is too large for any of them. */
export function messageTooLarge(size: number, limit: number): ServiceError {
  return failed(status.RESOURCE_EXHAUSTED, `grpc: received message larger than max (${size} vs. ${limit})`);
}

/** Whether a message did not fit through the connection; sending it again is pointless. */
export function isMessageTooLarge(error: unknown): boolean {
  return hasCode(error, status.RESOURCE_EXHAUSTED) && /larger than max/.test(error.details);
}

/** RESOURCE_EXHAUSTED: there is too much of it at the moment; official clients try again. */
export function resourceExhausted(message: string): ServiceError {
  return failed(status.RESOURCE_EXHAUSTED, message);
}

/** UNAVAILABLE: may work when tried again; official clients and workers do so. */
export function unavailable(message: string): ServiceError {
  return failed(status.UNAVAILABLE, message);
}

/** RESOURCE_EXHAUSTED: the run went on as a new one before it had taken what the call brought; the same call will reach that one. */
export function workflowClosing(): ServiceError {
  return resourceExhausted(closingText);
}

/** Whether an error says that the run has gone on as a new one. */
export function isWorkflowClosing(error: unknown): boolean {
  return hasCode(error, status.RESOURCE_EXHAUSTED) && error.details === closingText;
}

const closingText = 'workflow operation can not be applied because workflow is closing';

/** UNAVAILABLE: another process has taken over the run while the call was under way; the same call will reach it. */
export function movedAway(): ServiceError {
  return unavailable(movedText);
}

/** Whether an error says that the run has moved. */
export function isMovedAway(error: unknown): boolean {
  return hasCode(error, status.UNAVAILABLE) && error.details === movedText;
}

const movedText = 'The run has moved to another process. Try again.';

/** INTERNAL: a bug of ours. */
export function internal(message: string): ServiceError {
  return failed(status.INTERNAL, message);
}

/** One operation of an `ExecuteMultiOperation`: its own error, `aborted` when another one failed, or `ok`. */
export type OperationOutcome = ServiceError | 'aborted' | 'ok';

/** The failure of update-with-start: the code is that of the first operation that failed by itself. */
export function multiOperation(
  outcomes: readonly OperationOutcome[],
  message = 'Update-with-Start could not be executed.',
): ServiceError {
  const statuses = outcomes.map((outcome): RpcStatus => {
    if (outcome === 'ok') return { code: status.OK, message: '', details: [] };
    return outcome === 'aborted' ? operationAborted() : toStatus(outcome);
  });
  const own = outcomes.find((outcome) => typeof outcome !== 'string');
  const details = errorDetails('MultiOperationExecutionFailure', {
    statuses: statuses.map((each) => ({ ...each, details: [...each.details] })),
  });
  return failed(own?.code ?? status.ABORTED, message, details);
}

function operationAborted(): RpcStatus {
  const value = proto.temporal.api.failure.v1.MultiOperationExecutionAborted.encode({}).finish();
  const type_url = `${TYPE_PREFIX}temporal.api.failure.v1.MultiOperationExecutionAborted`;
  return { code: status.ABORTED, message: 'Operation was aborted.', details: [{ type_url, value }] };
}

function failed(code: number, message: string, ...details: readonly Any[]): ServiceError {
  return fromStatus({ code, message, details });
}

function errorDetails<Name extends DetailsName>(name: Name, value: Parameters<ErrorDetails[Name]['encode']>[0]): Any {
  // The union of all `encode` cannot be called; the signature above ties each name to its own message.
  const type = proto.temporal.api.errordetails.v1[name] as unknown as {
    encode(message: unknown): { finish(): Uint8Array };
  };
  return { type_url: `${TYPE_PREFIX}temporal.api.errordetails.v1.${name}`, value: type.encode(value).finish() };
}
