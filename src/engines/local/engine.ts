import { createRequire } from 'node:module';
import { Client } from '@temporalio/client';
import type { ClientOptions } from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import type { Worker, WorkerOptions } from '@temporalio/worker';
import type { Clock } from '../../core/clock.ts';
import type {
  Broadcasts,
  Engine,
  EngineHealth,
  EngineInfo,
  NativeConnectionLike,
  PerdureWorker,
} from '../../engine/index.ts';
import { longestTaskTimeoutMs } from '../../core/run/start.ts';
import { BLOB_SIZE, HISTORY_COUNT, HISTORY_SIZE, LONGEST_ID, MEMO_SIZE, MESSAGE_SIZE } from '../../core/limits.ts';
import { readHealth, readInfo, type StatusSource } from '../../engine/status.ts';
import { prepareThread } from '../../host/spare-threads.ts';
import { createConnection, type LocalConnection } from '../../runtime/connection.ts';
import type { WorkflowServiceApi } from '../../runtime/service.ts';
import { createTestService } from '../../runtime/test-service.ts';
import { VirtualClock } from '../../runtime/virtual-clock.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** The durable core, wherever it runs. */
export interface OpenService {
  readonly service: WorkflowServiceApi;
  /** What connections show as their address. */
  readonly address: string;
  close(): Promise<void>;
}

/** What a local engine has beside its service. */
export interface LocalEngineOptions {
  /** Name of the engine. */
  readonly name: string;
  readonly namespace: string;
  readonly clock: Clock;
  /** Hard limits beside those of the durable core. */
  readonly limits: Readonly<Record<string, number>>;
  /** Of the server behind it. Default: that of this package. */
  readonly version?: string;
  /** See `Engine.secret`. */
  readonly secret: () => string;
  /** See `Engine.taskQueue`. */
  readonly taskQueue?: string | undefined;
  /** See `Engine.database`. */
  readonly database?: string | undefined;
  /** See `Engine.broadcasts`. */
  readonly broadcasts?: Broadcasts | undefined;
  /** Further options of the client; the data converter is also that of the workers. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
}

/** Client, workers and connections of an engine whose durable core runs, or is reached, in this process. */
export class LocalEngine implements Engine {
  /** See `Engine`. */
  readonly name: string;
  /** See `Engine`. */
  readonly client: Client;
  /** See `Engine`. */
  readonly nativeConnection: NativeConnectionLike;
  /** See `Engine`. */
  readonly taskQueue: string | undefined;
  /** See `Engine`. */
  readonly database: string | undefined;
  /** See `Engine`. */
  readonly broadcasts: Broadcasts | undefined;
  private readonly options: LocalEngineOptions;
  private readonly clock: Clock;
  private readonly namespace: string;
  private readonly opened: OpenService;
  private readonly clientConnection: LocalConnection;
  private readonly connections = new Set<LocalConnection>();
  private readonly workers = new Set<Worker>();
  private readonly madeAt = performance.now();
  private closing: Promise<void> | undefined;

  constructor(options: LocalEngineOptions, opened: OpenService) {
    this.name = options.name;
    this.taskQueue = options.taskQueue;
    this.database = options.database;
    this.broadcasts = options.broadcasts;
    this.options = options;
    this.clock = options.clock;
    this.namespace = options.namespace;
    this.opened = opened;
    this.clientConnection = this.connect();
    this.nativeConnection = asNative(this.connect());
    this.client = new Client({ ...options.client, connection: this.clientConnection, namespace: options.namespace });
  }

  /** A further connection to this engine; it ends with the engine at the latest. */
  connect(): LocalConnection {
    const { clock } = this;
    const connection = createConnection(this.opened.service, {
      address: this.opened.address,
      clock,
      ...(clock instanceof VirtualClock ? { testService: createTestService(clock) } : {}),
    });
    this.connections.add(connection);
    return connection;
  }

  /** See `Engine`. */
  secret(): string {
    return this.options.secret();
  }

  /** See `Engine`. */
  async createWorker(options: WorkerOptions): Promise<PerdureWorker> {
    const { dataConverter } = this.options.client ?? {};
    // Making one takes a while in real time; virtual time waits for it.
    const release = this.clock.hold('workflowTask');
    const worker = await startWorker({
      connection: this.nativeConnection,
      namespace: this.namespace,
      ...(dataConverter === undefined ? {} : { dataConverter }),
      ...options,
    }).finally(release);
    // Those that have ended are of no interest any more, and hold their workflow code.
    for (const other of this.workers) if (hasEnded(other)) this.workers.delete(other);
    this.workers.add(worker);
    return worker;
  }

  /** See `Engine`. */
  async info(): Promise<EngineInfo> {
    return await readInfo(this.statusSource());
  }

  /** See `Engine`. */
  async health(): Promise<EngineHealth> {
    return { ...(await readHealth(this.statusSource())), uptime: performance.now() - this.madeAt };
  }

  /** See `Engine`. */
  async close(): Promise<void> {
    this.closing ??= this.closeAll();
    try {
      await this.closing;
    } catch (error) {
      this.closing = undefined;
      throw error;
    }
  }

  private async closeAll(): Promise<void> {
    const open = [...this.workers].filter((worker) => !hasEnded(worker));
    if (open.some((worker) => worker.getState() !== 'INITIALIZED')) {
      throw workersRun();
    }
    await Promise.all(open.map((worker) => letGo(worker)));
    if ([...this.connections].some((connection) => connection.isHeld)) throw workersRun();
    for (const connection of this.connections) await connection.close();
    await this.opened.close();
  }

  private statusSource(): StatusSource {
    const { name, clientConnection: connection, namespace, options } = this;
    const limits = { ...SERVER_LIMITS, ...options.limits };
    return { name, connection, namespace, version: options.version ?? PACKAGE.version, limits };
  }
}

/** Those of a Temporal server, some by the names that newer ones give them. */
const SERVER_LIMITS = {
  idLength: LONGEST_ID,
  workflowTaskTimeout: longestTaskTimeoutMs,
  blobSizeLimitError: BLOB_SIZE,
  memoSizeLimitError: MEMO_SIZE,
  requestSize: MESSAGE_SIZE,
  historyLength: HISTORY_COUNT,
  historySize: HISTORY_SIZE,
};

/** Who only asks loads no worker; and who has workflow code that is ready to run gets a thread for it while that is loaded. */
async function startWorker(options: WorkerOptions): Promise<Worker> {
  if (options.workflowBundle !== undefined) prepareThread();
  const { createLocalWorker } = await import('./worker.ts');
  return await createLocalWorker(options);
}

function hasEnded(worker: Worker): boolean {
  return ['STOPPED', 'FAILED'].includes(worker.getState());
}

function workersRun(): IllegalStateError {
  return new IllegalStateError('Cannot close the engine while Workers run: shut them down first');
}

/** A worker that never ran holds threads and the official runtime all the same; only running lets go of them. */
async function letGo(worker: Worker): Promise<void> {
  await worker.runUntil(Promise.resolve());
}

/** The official worker takes its connection by a class with private members; at run time it is satisfied with what ours has. */
function asNative(connection: LocalConnection): NativeConnectionLike {
  return connection as unknown as NativeConnectionLike;
}
