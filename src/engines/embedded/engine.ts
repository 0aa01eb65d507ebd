import { createRequire } from 'node:module';
import { Client } from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import type { Worker, WorkerOptions } from '@temporalio/worker';
import type { Clock } from '../../core/clock.ts';
import type { Engine, EngineHealth, EngineInfo, NativeConnectionLike, PerdureWorker } from '../../engine/index.ts';
import { readHealth, readInfo, type StatusSource } from '../../engine/status.ts';
import { longestTaskTimeoutMs } from '../../core/run/start.ts';
import { createConnection, type LocalConnection } from '../../runtime/connection.ts';
import { longestId } from '../../runtime/frontend/context.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { createTestService } from '../../runtime/test-service.ts';
import { VirtualClock } from '../../runtime/virtual-clock.ts';
import { databasePath, type EmbeddedEngineOptions } from './options.ts';
import { openService, type OpenService } from './open-service.ts';
import { sharedSecret } from './secret.ts';
import { MAX_MESSAGE_BYTES } from './socket-protocol.ts';
import { createLocalWorker } from './worker.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** Workflows in this process, on memory or on one SQLite file. */
export interface EmbeddedEngine extends Engine {
  /** A further connection to this engine; it ends with the engine at the latest. `client` and `nativeConnection` have one of their own. */
  connect(): LocalConnection;
  /** The SQLite file, absolute and without symbolic links; `undefined` for memory. */
  readonly database: string | undefined;
  /** As in `Engine`: in a file beside the database, or, in memory, made for this engine. */
  secret(): string;
}

/**
 * Starts the durable core in this process, or finds the process that has it already, and takes up all open runs.
 * @throws ConfigurationError when the options contradict each other.
 * @throws StoreError when the file cannot be used; the message says what to do.
 * @example
 * const engine = await createEmbeddedEngine({ memory: true });
 */
export async function createEmbeddedEngine(options: EmbeddedEngineOptions = {}): Promise<EmbeddedEngine> {
  const path = databasePath(options);
  const { clock = systemClock, namespace = 'default' } = options;
  return new LocalEngine(options, clock, namespace, await openService({ path, clock, namespace }));
}

class LocalEngine implements EmbeddedEngine {
  readonly name = 'embedded';
  readonly client: Client;
  readonly nativeConnection: NativeConnectionLike;
  readonly database: string | undefined;
  private readonly options: EmbeddedEngineOptions;
  private readonly clock: Clock;
  private readonly namespace: string;
  private readonly opened: OpenService;
  private readonly clientConnection: LocalConnection;
  private readonly connections = new Set<LocalConnection>();
  private readonly workers = new Set<Worker>();
  private readonly madeAt = performance.now();
  private closing: Promise<void> | undefined;
  private knownSecret: string | undefined;

  constructor(options: EmbeddedEngineOptions, clock: Clock, namespace: string, opened: OpenService) {
    this.options = options;
    this.clock = clock;
    this.namespace = namespace;
    this.opened = opened;
    this.database = databasePath(options) === undefined ? undefined : opened.address;
    this.clientConnection = this.connect();
    this.nativeConnection = asNative(this.connect());
    this.client = new Client({ ...options.client, connection: this.clientConnection, namespace });
  }

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

  secret(): string {
    this.knownSecret ??= sharedSecret(this.database);
    return this.knownSecret;
  }

  async createWorker(options: WorkerOptions): Promise<PerdureWorker> {
    const { dataConverter } = this.options.client ?? {};
    // Making one takes a while in real time; virtual time waits for it.
    const release = this.clock.hold('workflowTask');
    const worker = await createLocalWorker({
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

  async info(): Promise<EngineInfo> {
    return await readInfo(this.statusSource());
  }

  async health(): Promise<EngineHealth> {
    return { ...(await readHealth(this.statusSource())), uptime: performance.now() - this.madeAt };
  }

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
    return { name, connection, namespace, version: PACKAGE.version, limits: limitsOf(options) };
  }
}

/** What the durable core refuses, or cuts. Payloads are as large as memory allows, but for what has to travel between processes. */
function limitsOf({ memory = false }: EmbeddedEngineOptions): Record<string, number> {
  return {
    idLength: longestId,
    workflowTaskTimeout: longestTaskTimeoutMs,
    ...(memory ? {} : { messageSize: MAX_MESSAGE_BYTES }),
  };
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
