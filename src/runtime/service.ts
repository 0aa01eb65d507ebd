import type { temporal } from '@temporalio/proto';

/** Both services of a server that programs call; no name is in both. */
type Rpc = temporal.api.workflowservice.v1.WorkflowService & temporal.api.operatorservice.v1.OperatorService;

/** What a caller may say about one call, beside its request. */
export interface CallOptions {
  /** Ends a long poll early; the call then rejects with `CANCELLED`. Other calls ignore it. */
  readonly signal?: AbortSignal;
  /** Whether nobody is left to take the answer: a task in it has to be given to somebody else. Default: somebody is. */
  readonly isGone?: () => boolean;
}

/** A protobuf message without its class: a plain object, every field optional. */
type Plain<Message> = {
  [Field in keyof Message as Message[Field] extends (...args: never[]) => unknown ? never : Field]?:
    | Message[Field]
    | null
    | undefined;
};

/** Names of all RPCs, as the generated service class spells them. */
export type MethodName = {
  [Name in keyof Rpc]: Rpc[Name] extends { readonly path: string } ? Name : never;
}[keyof Rpc];

/** The request message of an RPC. */
export type RequestOf<Name extends MethodName> = Rpc[Name] extends (request: infer Request) => Promise<unknown>
  ? Request
  : never;

/** The response message of an RPC. */
export type ResponseOf<Name extends MethodName> = Rpc[Name] extends (request: never) => Promise<infer Response>
  ? Plain<Response>
  : never;

/**
 * The RPCs of Temporal's `WorkflowService` and `OperatorService` as plain functions over message objects: the seam between everything that asks (the official
 * client, the worker side in `dispatch/`) and everything that answers (`frontend/`, a socket to another process, a Temporal server).
 *
 * Messages are never changed after they were handed over, by either side. Failures are `ServiceError`s as gRPC gives them (`errors.ts`).
 */
export type WorkflowServiceApi = {
  readonly [Name in MethodName]: (request: RequestOf<Name>, options?: CallOptions) => Promise<ResponseOf<Name>>;
};
