import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { deadlineExceeded, fromStatus, isMovedAway, toStatus, unimplemented } from '../../runtime/errors.ts';
import { workflowServiceMethods } from '../../runtime/rpc-methods.ts';
import type { AnyCall, RpcMethod } from '../../runtime/rpc-methods.ts';
import type { MethodName, WorkflowServiceApi } from '../../runtime/service.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import type { Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

const { Status } = proto.google.rpc;

/** How often somebody who waits for an answer looks whether the other process is still there. */
const LOOK_MS = 2000;

/** What callers of a query get that nobody answers. */
export const noAnswer: string = 'query timed out: no worker answered';

/** A call on its way to another process. */
export interface RemoteCall {
  readonly kind: 'call';
  readonly id: string;
  /** Process that waits for the answer. */
  readonly from: string;
  readonly method: MethodName;
  /** The encoded request, as base64. */
  readonly request: string;
}

/** A call that comes as the data of a job, to whoever takes it. */
export interface CallJob extends RemoteCall {
  /** When it counts as forgotten, unless somebody answers it already. */
  readonly until: number;
}

/** Messages between processes, beside the news of commits. */
type Message =
  | RemoteCall
  | { readonly kind: 'answer'; readonly id: string; readonly response: string }
  | { readonly kind: 'error'; readonly id: string; readonly status: string }
  | { readonly kind: 'elsewhere'; readonly id: string }
  | { readonly kind: 'cancel'; readonly id: string }
  /** Somebody answers a call that came as a job. */
  | { readonly kind: 'taken'; readonly id: string; readonly by: string }
  /** Is it still being answered? Either message may have been lost. */
  | { readonly kind: 'asked'; readonly id: string; readonly from: string };

/** What came of a call; `undefined` when the process is not there, or cannot answer. */
export type RemoteAnswer = object | undefined;

interface Waiting {
  readonly method: RpcMethod;
  readonly resolve: (answer: RemoteAnswer) => void;
  readonly reject: (error: Error) => void;
  /** Process that has taken its job. */
  taker?: string;
}

/** How a call travels. */
export interface Way {
  /** @returns 0 when nobody got it. */
  readonly send: () => Promise<unknown>;
  /** Whether somebody may still answer. */
  readonly isThere: () => Promise<boolean>;
  /** Nobody waits for this call any more. */
  readonly giveUp: () => Promise<unknown>;
}

/** How processes reach each other. */
export interface RoutesOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly process: string;
  /** What others call here. */
  readonly service: () => WorkflowServiceApi;
  /** Whether this process can answer a call that others send here. */
  readonly canAnswer: (method: MethodName, request: unknown) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

/** Calls from process to process, over Redis. Nothing of this is stored: whoever asked asks again. */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #waiting = new Map<string, Waiting>();
  readonly #serving = new Map<string, AbortController>();

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /**
   * Calls another process; the signal ends the wait.
   * @param isOwner whether it is still the one to be asked. Of one that died nothing else may tell.
   */
  async call(
    process: string,
    name: MethodName,
    request: unknown,
    signal: AbortSignal,
    isOwner: () => Promise<boolean>,
  ): Promise<RemoteAnswer> {
    const call = this.prepare(name, request);
    const { id, from } = call;
    return await this.wait(call, signal, {
      send: () => this.#send(process, call),
      isThere: async () => (await isOwner()) && (await this.#send(process, { kind: 'asked', id, from })) > 0,
      giveUp: () => this.#send(process, { kind: 'cancel', id }),
    });
  }

  /** A call that is sent by the caller's own means. */
  prepare(name: MethodName, request: unknown): RemoteCall {
    const bytes = methodOf(name).request.encode(request);
    return {
      kind: 'call',
      id: randomUUID(),
      from: this.#options.process,
      method: name,
      request: bytes.toString('base64'),
    };
  }

  /** Sends a call and waits for what comes of it. */
  async wait(call: RemoteCall, signal: AbortSignal, { send, isThere, giveUp }: Way): Promise<RemoteAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RemoteAnswer>();
    const waiting: Waiting = { method: methodOf(call.method), resolve, reject };
    const giveUpAll = (): void => {
      void giveUp().catch(this.#options.onError);
      if (waiting.taker !== undefined) this.#tell(waiting.taker, { kind: 'cancel', id: call.id });
    };
    const onAbort = (): void => {
      reject(deadlineExceeded(call.method === 'queryWorkflow' ? noAnswer : undefined));
      giveUpAll();
    };
    const look = async (): Promise<void> => {
      if ((await isThere()) || this.#waiting.get(call.id) !== waiting) return;
      resolve(undefined);
      giveUpAll();
    };
    const looking = setInterval(() => void look().catch(this.#options.onError), LOOK_MS);
    this.#waiting.set(call.id, waiting);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      // Time may be over before it is sent.
      void send().then((receivers) => receivers === 0 && resolve(undefined), reject);
      if (signal.aborted) onAbort();
      return await promise;
    } finally {
      clearInterval(looking);
      this.#waiting.delete(call.id);
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** A message came. */
  receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message.kind === 'call') {
      void this.serve(message);
      return;
    }
    if (message.kind === 'cancel') {
      this.#serving.get(message.id)?.abort();
      return;
    }
    if (message.kind === 'asked') {
      if (!this.#serving.has(message.id)) this.#tell(message.from, { kind: 'elsewhere', id: message.id });
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (message.kind === 'taken') {
      if (waiting === undefined) this.#tell(message.by, { kind: 'cancel', id: message.id });
      else waiting.taker = message.by;
      return;
    }
    if (waiting === undefined) return;
    if (message.kind === 'elsewhere') waiting.resolve(undefined);
    else if (message.kind === 'answer')
      waiting.resolve(waiting.method.response.decode(fromText(message.response)) as object);
    else waiting.reject(decodeError(message.status));
  }

  /** Answers a call of another process. Never rejects. */
  async serve(call: RemoteCall): Promise<void> {
    try {
      await this.#send(call.from, await this.#answer(call));
    } catch (error) {
      this.#options.onError(error);
    }
  }

  /** Answers a call that came as a job, unless it was forgotten. Never rejects. */
  async serveJob(call: CallJob): Promise<void> {
    const { id, from } = call;
    if (call.until <= systemClock.now()) {
      // Should somebody wait all the same, the call comes again.
      this.#tell(from, { kind: 'elsewhere', id });
      return;
    }
    const served = this.serve(call);
    this.#tell(from, { kind: 'taken', id, by: this.#options.process });
    await served;
  }

  async #answer(call: RemoteCall): Promise<Message> {
    const { id, method: name } = call;
    const method = methodOf(name);
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const request = method.request.decode(fromText(call.request));
      const canAnswer = await this.#options.canAnswer(name, request);
      if (!canAnswer || controller.signal.aborted) return { kind: 'elsewhere', id };
      const response = await (this.#options.service()[name] as AnyCall)(request, { signal: controller.signal });
      return { kind: 'answer', id, response: method.response.encode(response).toString('base64') };
    } catch (error) {
      if (isMovedAway(error)) return { kind: 'elsewhere', id };
      const { code, message, details } = toStatus(error);
      const status = Status.encode({ code, message, details: [...details] }).finish();
      return { kind: 'error', id, status: Buffer.from(status).toString('base64') };
    } finally {
      this.#serving.delete(id);
    }
  }

  #tell(process: string, message: Message): void {
    this.#send(process, message).catch(this.#options.onError);
  }

  /** @returns number of processes that got it, as far as is known. */
  async #send(process: string, message: Message): Promise<number> {
    const { client, keys, namespace } = this.#options;
    const receivers = await orStoreError(
      client.publish(keys.processChannel(namespace, process), JSON.stringify(message)),
    );
    // In a cluster only those are counted that listen at the same node.
    return client.isCluster ? 1 : receivers;
  }
}

const methods: ReadonlyMap<string, RpcMethod> = new Map(workflowServiceMethods.map((method) => [method.name, method]));

function methodOf(name: string): RpcMethod {
  const method = methods.get(name);
  if (method === undefined) throw unimplemented(name);
  return method;
}

function fromText(base64: string): Uint8Array {
  return Buffer.from(base64, 'base64');
}

function decodeError(status: string): Error {
  const { code, message, details } = Status.decode(fromText(status));
  return fromStatus({ code, message, details });
}
