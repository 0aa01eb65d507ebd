import { AsyncLocalStorage } from 'node:async_hooks';
import {
  HealthService,
  type ConnectionLike,
  type ConnectionPlugin,
  InternalConnectionLikeSymbol,
  OperatorService,
  TestService,
  WorkflowService,
  type CallContext,
  type Metadata,
} from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { Clock } from '../core/clock.ts';
import { startEagerly } from './eager-starts.ts';
import { unavailable } from './errors.ts';
import { type CallsInFlight, createRpcImpl, type RpcHandlers } from './rpc.ts';
import type { WorkflowServiceApi } from './service.ts';
import { systemClock } from './system-clock.ts';

/** How a connection is made. */
export interface ConnectionOptions {
  /** Shown where a real connection shows its address. Default `'perdure'`. */
  readonly address?: string;
  /** The clock by which the service lives. Default: that of the system. */
  readonly clock?: Clock;
  /** Plugins that clients and workers of this connection get, as with official connections. */
  readonly plugins?: readonly ConnectionPlugin[];
  /** The RPCs of Temporal's test service (time skipping). Default: none, as on a real server. */
  readonly testService?: RpcHandlers;
  /** Whether calls that fail in passing are made again, as official connections do. `false` where the service does so itself. Default `true`. */
  readonly retries?: boolean;
}

/** What a connection leads to. */
export interface Backend {
  readonly service: WorkflowServiceApi;
  /** The clock by which the service lives; workers of the connection live by it, too. */
  readonly clock: Clock;
}

const backends = new WeakMap<object, Backend>();

/**
 * What a connection of ours leads to; `undefined` for any other connection.
 * @param connectionOrClient a connection, or what `extractNativeClient` gives for it.
 */
export function backendOf(connectionOrClient: unknown): Backend | undefined {
  return typeof connectionOrClient === 'object' && connectionOrClient !== null
    ? backends.get(connectionOrClient)
    : undefined;
}

/** A connection to a service in this process. */
export function createConnection(service: WorkflowServiceApi, options: ConnectionOptions = {}): LocalConnection {
  return new LocalConnection(service, options);
}

/**
 * A connection for the official `Client` and `Worker` that leads to functions instead of a server. It has what official connections have:
 * services, deadlines, metadata, abort signals, plugins. Metadata and API keys are accepted and go nowhere, for nobody reads them.
 */
export class LocalConnection implements ConnectionLike {
  /** What runs workflows. */
  readonly workflowService: WorkflowService;
  /** Search attributes and namespaces; what administrates a cluster answers `UNIMPLEMENTED`. */
  readonly operatorService: OperatorService;
  /** Says that it serves. */
  readonly healthService: HealthService;
  /** Time skipping, where time is virtual. */
  readonly testService: TestService | undefined;
  /** What clients and workers of this connection get. */
  readonly plugins: ConnectionPlugin[];
  /** Shown in messages. */
  readonly options: {
    /** The file, or `memory`. */
    readonly address: string;
  };
  /** Deadline, metadata and abort signal of the calls being made. */
  readonly callContextStorage: AsyncLocalStorage<CallContext> = new AsyncLocalStorage<CallContext>();
  // The official worker reads these two by name (`extractReferenceHolders`, `extractNativeClient`).
  private readonly referenceHolders = new Set<object>();
  private readonly nativeClient: object = {};
  private readonly inFlight: CallsInFlight = new Set();
  private readonly retries: boolean;
  private closed = false;

  constructor(service: WorkflowServiceApi, options: ConnectionOptions) {
    this.options = { address: options.address ?? 'perdure' };
    this.plugins = [...(options.plugins ?? [])];
    this.retries = options.retries ?? true;
    this.workflowService = WorkflowService.create(
      this.rpcImpl('WorkflowService', withEagerStarts(service)),
      false,
      false,
    );
    this.operatorService = OperatorService.create(this.rpcImpl('OperatorService', service), false, false);
    this.healthService = HealthService.create(this.rpcImpl('Health', healthHandlers), false, false);
    this.testService =
      options.testService === undefined
        ? undefined
        : TestService.create(this.rpcImpl('TestService', options.testService), false, false);
    const backend = { service, clock: options.clock ?? systemClock };
    backends.set(this, backend).set(this.nativeClient, backend);
    // An eager start may be asked for, whether or not it is granted.
    Object.defineProperty(this, InternalConnectionLikeSymbol, { value: { supportsEagerStart: true } });
  }

  /** Whether a worker uses this connection. */
  get isHeld(): boolean {
    return this.referenceHolders.size > 0;
  }

  /** Does nothing while the connection is open: there is nothing to connect to. */
  async ensureConnected(): Promise<void> {
    if (this.closed) throw closedError();
  }

  /** Gives up calls made in `fn` once `deadline` (milliseconds since the epoch) has passed; they fail with `DEADLINE_EXCEEDED`. */
  async withDeadline<R>(deadline: number | Date, fn: () => Promise<R>): Promise<R> {
    return await this.withContext({ deadline }, fn);
  }

  /** Gives up calls made in `fn` once `abortSignal` aborts; they fail with `CANCELLED`. */
  async withAbortSignal<R>(abortSignal: AbortSignal, fn: () => Promise<R>): Promise<R> {
    return await this.withContext({ abortSignal }, fn);
  }

  /** Sets metadata for calls made in `fn`. */
  async withMetadata<R>(metadata: Metadata, fn: () => Promise<R>): Promise<R> {
    const outer = this.callContextStorage.getStore()?.metadata;
    return await this.withContext({ metadata: { ...outer, ...metadata } }, fn);
  }

  /** Sets the API key for calls made in `fn`. */
  async withApiKey<R>(apiKey: string, fn: () => Promise<R>): Promise<R> {
    return await this.withMetadata({ Authorization: `Bearer ${apiKey}` }, fn);
  }

  /** Accepted for the sake of code that is written for a server. */
  setApiKey(_apiKey: string | (() => string)): void {}

  /** Accepted for the sake of code that is written for a server. */
  setMetadata(_metadata: Metadata): void {}

  /**
   * Closes this connection; calls without an answer fail with `UNAVAILABLE`. What it leads to stays open.
   * @throws IllegalStateError while a worker uses it.
   */
  async close(): Promise<void> {
    if (this.isHeld) {
      throw new IllegalStateError('Cannot close connection while Workers hold a reference to it');
    }
    this.closed = true;
    for (const giveUp of this.inFlight) giveUp(closedError());
  }

  private async withContext<R>(context: CallContext, fn: () => Promise<R>): Promise<R> {
    return await this.callContextStorage.run({ ...this.callContextStorage.getStore(), ...context }, fn);
  }

  private rpcImpl(serviceName: string, handlers: RpcHandlers): ReturnType<typeof createRpcImpl> {
    const answer = createRpcImpl(serviceName, handlers, {
      contexts: this.callContextStorage,
      inFlight: this.inFlight,
      retries: this.retries,
    });
    return (method, data, respond) => {
      if (this.closed) respond(closedError());
      else answer(method, data, respond);
    };
  }
}

function withEagerStarts(service: WorkflowServiceApi): WorkflowServiceApi {
  const start: WorkflowServiceApi['startWorkflowExecution'] = (request, options) =>
    startEagerly(service, request, options);
  return new Proxy(service, {
    get: (_, name) => (name === 'startWorkflowExecution' ? start : (Reflect.get(service, name) as unknown)),
  });
}

const healthHandlers: RpcHandlers = {
  check: () => Promise.resolve({ status: proto.grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING }),
};

function closedError(): Error {
  return unavailable('The connection is closed');
}
