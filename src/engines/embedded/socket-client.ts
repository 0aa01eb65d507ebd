import { randomUUID } from 'node:crypto';
// As a whole: most processes use no socket, and gRPC is loaded when something is asked of it.
import grpc from '@grpc/grpc-js';
import type { Client, connectivityState } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { cancelled, isServiceError, unavailable } from '../../runtime/errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../../runtime/service.ts';
import { serviceOf } from '../../runtime/rpc-methods.ts';
import type { RpcMethod } from '../../runtime/rpc-methods.ts';
import { CALL_KEY, CANCEL_PATH, CHANNEL_OPTIONS, ORIGIN_KEY } from './socket-protocol.ts';
import type { Origin } from './socket-protocol.ts';

/** How long a call that was given up may take to end in order, by default: its answer may be a task that is lost without it. */
const PATIENCE_MS = 30_000;
/** An owner that goes on with a call that was given up is told again after this time. */
const REMINDER_MS = 1000;

/** A service in another process. */
export interface SocketClient {
  readonly service: WorkflowServiceApi;
  /** Resolves when the owner is gone: then all calls fail with `UNAVAILABLE`. Never rejects; stays pending after `close`. */
  readonly lost: Promise<void>;
  close(): void;
}

/** How to connect. */
export interface SocketClientOptions {
  /** Called once when the owner is gone. */
  readonly onOwnerLost?: () => void;
  /** After which time, in milliseconds, a call that was given up ends without its answer. Default: 30 s; a disk may be slow. */
  readonly patience?: number;
}

/**
 * Connects to the service at a socket. A connection that ends is made again as long as the owner lives; idle ones do not keep the process alive.
 * @throws ServiceError `UNAVAILABLE` when nobody listens there.
 */
export async function connectSocket(path: string, options: SocketClientOptions = {}): Promise<SocketClient> {
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), CHANNEL_OPTIONS);
  // gRPC itself does not keep the process alive while it connects.
  const alive = setInterval(() => {}, 60_000);
  const isReady = await isConnected(client).finally(() => clearInterval(alive));
  if (!isReady) {
    client.close();
    throw unavailable(`Nobody listens at ${path}.`);
  }
  let isClosed = false;
  const lost = new Promise<void>((resolve) => {
    const watch = async (): Promise<void> => {
      do await stateAfter(client, grpc.connectivityState.READY);
      while (!isClosed && (await isConnected(client)));
      if (isClosed) return;
      resolve();
      options.onOwnerLost?.();
    };
    void watch();
  });
  const { patience = PATIENCE_MS } = options;
  return {
    service: serviceOf((method) => (request, callOptions) => send(client, method, request, patience, callOptions)),
    lost,
    close: () => {
      isClosed = true;
      client.close();
    },
  };
}

/** Who made an error of a call: the owner, or, `undefined`, the transport (or the caller's own abort). */
export function originOf(error: unknown): Origin | undefined {
  if (!isServiceError(error)) return 'answered';
  const [origin] = error.metadata.get(ORIGIN_KEY);
  return origin === 'answered' || origin === 'leaving' ? origin : undefined;
}

function send(
  client: Client,
  method: RpcMethod,
  request: unknown,
  patience: number,
  options: CallOptions = {},
): Promise<unknown> {
  const { signal } = options;
  if (signal?.aborted === true) return Promise.reject(cancelled());
  const metadata = new grpc.Metadata();
  const id = signal === undefined ? '' : randomUUID();
  if (signal !== undefined) metadata.set(CALL_KEY, id);
  return new Promise((resolve, reject) => {
    let stopWaiting = (): void => undefined;
    const onAnswer = (error: ServiceError | null, response?: unknown): void => {
      signal?.removeEventListener('abort', onAbort);
      stopWaiting();
      if (error === null) resolve(response);
      else reject(error);
    };
    const { path, request: requests, response: responses } = method;
    const call = client.makeUnaryRequest(path, requests.encode, responses.decode, request, metadata, onAnswer);
    const onAbort = (): void => {
      stopWaiting = giveUp(client, id, patience, () => call.cancel());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Has the owner end a call, which is still answered: cancelling it here would lose a task that is on its way.
 * @param onFailure ends the call here, when the owner cannot be told or does not answer.
 * @returns a function that is to be called when the answer is there.
 */
function giveUp(client: Client, id: string, patience: number, onFailure: () => void): () => void {
  const tell = (): void => {
    client.makeUnaryRequest(
      CANCEL_PATH,
      Buffer.from,
      (bytes: Buffer) => bytes,
      id,
      (error: ServiceError | null) => {
        if (error !== null) onFailure();
      },
    );
  };
  const reminder = setInterval(tell, REMINDER_MS);
  const end = setTimeout(onFailure, patience);
  tell();
  return () => {
    clearInterval(reminder);
    clearTimeout(end);
  };
}

/** Tries to connect; whether it worked. */
async function isConnected(client: Client): Promise<boolean> {
  for (;;) {
    const state = client.getChannel().getConnectivityState(true);
    if (state === grpc.connectivityState.READY) return true;
    if (state === grpc.connectivityState.TRANSIENT_FAILURE || state === grpc.connectivityState.SHUTDOWN) return false;
    await stateAfter(client, state);
  }
}

/** Resolves when a channel is no longer in a state. */
function stateAfter(client: Client, state: connectivityState): Promise<void> {
  return new Promise((resolve) => {
    try {
      client.getChannel().watchConnectivityState(state, Infinity, () => resolve());
    } catch {
      resolve();
    }
  });
}
