import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/common';
import { EngineUnavailableError } from '../engine/index.ts';
import type { TokenChannel } from '../agent/token-channel.ts';
import { MOVED_MEMO, type MovedFrom, type TraceContext } from '../workflow/protocol/index.ts';
import { RunNotFoundError } from './errors.ts';

/** What every call about runs needs. */
export interface ClientContext {
  /** The engine's client, or another one of the same engine. */
  readonly client: Client;
  /** Default task queue of starts. */
  readonly taskQueue: string;
  /** Where models can be heard while they speak: opened by whoever first wants to. */
  readonly tokens: () => Promise<TokenChannel>;
  /** Of completion tokens. */
  readonly secret: () => string | undefined;
  /** Where in a trace the caller is; goes with what it starts. */
  readonly trace?: () => TraceContext | undefined;
}

/** Which run, or chain of runs, is meant. */
export interface RunReference {
  readonly workflowId: string;
  /** First of the chain, when it is known: a later chain with the same id is not meant then. */
  readonly firstRunId?: string;
}

const NOT_FOUND = 5;
const UNAVAILABLE = 14;

/** What the server said, however the client has wrapped it: its gRPC status and its text. */
export function serverError(error: unknown): { readonly code: number; readonly details: string } | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (isGrpcServiceError(at)) return at;
  return undefined;
}

/** Whether the server says that there is no such run, or none that is open. */
export function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || serverError(error)?.code === NOT_FOUND;
}

/** Whether the engine could not be reached; trying again may help. */
export function isUnavailable(error: unknown): boolean {
  return serverError(error)?.code === UNAVAILABLE;
}

/** Makes the client's errors those of this package. */
export async function translated<Result>(workflowId: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw toRunError(workflowId, error);
  }
}

/** What an error of the client means for a run; other errors stay as they are. */
export function toRunError(workflowId: string, error: unknown): unknown {
  if (isNotFound(error)) return new RunNotFoundError(workflowId, { cause: error });
  if (!isUnavailable(error)) return error;
  const cause = error instanceof ServiceError ? (error.cause ?? error) : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new EngineUnavailableError(`The engine cannot be reached: ${reason}`, { cause: error });
}

/**
 * Whether a run belongs to the chain that is meant, also when it was moved here from another engine, where the chain began.
 * @param wanted first run of the chain that is meant; without one any is. @param first that of the run, where the server says it.
 */
export function isOfChain(
  wanted: string | undefined,
  first: string | null | undefined,
  memo: Readonly<Record<string, unknown>> | undefined,
): boolean {
  if (!wanted || !first || first === wanted) return true;
  return (memo?.[MOVED_MEMO] as Partial<MovedFrom> | undefined)?.firstRunId === wanted;
}
