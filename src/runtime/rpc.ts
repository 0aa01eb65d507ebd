import type { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallContext } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import {
  cancelled,
  deadlineExceeded,
  fromStatus,
  grpcStatus,
  hasCode,
  isMessageTooLarge,
  isServiceError,
  toStatus,
  unimplemented,
} from './errors.ts';
import type { CallOptions } from './service.ts';

/** Carries one call of a generated service class: encoded request in, encoded response out. */
export type RpcImpl = Parameters<typeof temporal.api.workflowservice.v1.WorkflowService.create>[0];

/** Functions by RPC name (`startWorkflowExecution`), as in `WorkflowServiceApi`. A name that is missing is not supported. */
export type RpcHandlers = Readonly<
  Record<string, ((request: never, options?: CallOptions) => Promise<unknown>) | undefined>
>;

/** How to end each call that has no answer yet. */
export type CallsInFlight = Set<(error: Error) => void>;

/** How calls are made. */
export interface CallSettings {
  /** Deadline, metadata and abort signal of the call being made. */
  readonly contexts: AsyncLocalStorage<CallContext>;
  readonly inFlight: CallsInFlight;
  /** Whether calls that fail in passing are made again. */
  readonly retries: boolean;
}

interface Codec {
  decode(bytes: Uint8Array): unknown;
  encode(message: unknown): { finish(): Uint8Array };
}

/** What a generated service class says about the method that it calls. */
interface ResolvedMethod {
  readonly name: string;
  readonly resolvedRequestType: Codec;
  readonly resolvedResponseType: Codec;
}

/** As the official connection does: up to 10 attempts, 100 ms (1 s when exhausted) growing by 1.7, never over 5 s. */
const RETRY = { attempts: 10, initialMs: 100, exhaustedInitialMs: 1000, factor: 1.7, maxMs: 5000 };
const RETRYABLE = [grpcStatus.UNKNOWN, grpcStatus.RESOURCE_EXHAUSTED, grpcStatus.UNAVAILABLE, grpcStatus.ABORTED];
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * Answers the calls of a generated service class with plain functions. Requests and responses pass through their encoded form, so that
 * neither side sees what the other does to its objects. Deadlines and abort signals come from the context of the call.
 * @param serviceName names the service when a method of it is missing.
 */
export function createRpcImpl(
  serviceName: string,
  handlers: RpcHandlers,
  { contexts, inFlight, retries }: CallSettings,
): RpcImpl {
  return (method, requestData, respond) => {
    const { name, resolvedRequestType, resolvedResponseType } = method as unknown as ResolvedMethod;
    const handler = handlers[lowerFirst(name)];
    if (handler === undefined) {
      respond(unimplemented(`${serviceName}.${name}`));
      return;
    }
    const call = async (signal: AbortSignal): Promise<unknown> =>
      await handler(resolvedRequestType.decode(requestData) as never, { signal });
    withLimits(retries ? (signal) => withRetry(call, signal) : call, contexts.getStore() ?? {}, inFlight)
      .then((response) => resolvedResponseType.encode(response).finish())
      .then(
        (bytes) => respond(null, bytes),
        (error: unknown) => respond(asServiceError(error)),
      );
  };
}

/** Gives up a call when its deadline passes or its caller aborts it, whether or not the callee listens. */
function withLimits(
  call: (signal: AbortSignal) => Promise<unknown>,
  context: CallContext,
  inFlight: CallsInFlight,
): Promise<unknown> {
  const { abortSignal } = context;
  const stop = new AbortController();
  return new Promise((resolve, reject) => {
    const giveUp = (error: Error): void => {
      reject(error);
      stop.abort(error);
    };
    const onAbort = (): void => giveUp(cancelled());
    inFlight.add(giveUp);
    const timer = startDeadline(context.deadline, () => giveUp(deadlineExceeded()));
    if (abortSignal?.aborted === true) onAbort();
    abortSignal?.addEventListener('abort', onAbort, { once: true });
    const done = stop.signal.aborted ? Promise.resolve() : call(stop.signal).then(resolve, reject);
    void done.finally(() => {
      inFlight.delete(giveUp);
      clearTimeout(timer);
      abortSignal?.removeEventListener('abort', onAbort);
    });
  });
}

function startDeadline(deadline: number | Date | undefined, onPassed: () => void): NodeJS.Timeout | undefined {
  if (deadline === undefined) return undefined;
  const ms = Number(deadline) - Date.now();
  return ms > LONGEST_DELAY_MS ? undefined : setTimeout(onPassed, Math.max(0, ms));
}

async function withRetry(call: (signal: AbortSignal) => Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(signal);
    } catch (error) {
      if (attempt >= RETRY.attempts || signal.aborted || !hasCode(error, ...RETRYABLE)) throw error;
      if (isMessageTooLarge(error)) throw error;
      const initial = error.code === grpcStatus.RESOURCE_EXHAUSTED ? RETRY.exhaustedInitialMs : RETRY.initialMs;
      await delay(Math.min(RETRY.maxMs, initial * RETRY.factor ** attempt), undefined, { signal });
    }
  }
}

/** What is no error of an RPC is a bug behind it: `INTERNAL`, with the error as its cause. */
function asServiceError(error: unknown): Error {
  return isServiceError(error) ? error : Object.assign(fromStatus(toStatus(error)), { cause: error });
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
