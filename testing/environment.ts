import type { AsyncCompletionClient, Client, ClientOptions, Connection, WorkflowClient } from '@temporalio/client';
import type { Duration } from '@temporalio/common';
import type { NativeConnection, WorkerOptions } from '@temporalio/worker';
import type { PerdureWorker } from '../src/engine/index.ts';
import { createEmbeddedEngine, type EmbeddedEngine } from '../src/engines/embedded/index.ts';
import { msToNumber } from '../src/official.ts';
import { register } from '../src/registration.ts';
import { VirtualClock } from '../src/runtime/virtual-clock.ts';
import { TimeSkippingClient } from './time-skipping-client.ts';

/** What tests use of an environment. The official `TestWorkflowEnvironment` is one, too. */
export interface WorkflowEnvironment {
  /** The official client of this environment. */
  readonly client: Client;
  /** For clients of one's own; time does not skip while those wait. */
  readonly connection: Connection;
  /** For the official `Worker.create`. */
  readonly nativeConnection: NativeConnection;
  /** Where everything runs. */
  readonly namespace?: string;
  /** Whether time skips ahead while a result is awaited. */
  readonly supportsTimeSkipping: boolean;
  /** Waits in the environment's time: milliseconds, or text such as `'1 day'`. */
  sleep(duration: Duration): Promise<void>;
  /** The environment's time, in milliseconds since the epoch. */
  currentTimeMs(): Promise<number>;
  /** Ends the environment. Shut its workers down first. */
  teardown(): Promise<void>;
}

/** How a test environment is made. */
export interface TestEnvironmentOptions {
  /** Further options of the client: data converter, interceptors, plugins, identity. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
  /** Default `'default'`. */
  readonly namespace?: string;
  /** Where its time begins, in milliseconds since the epoch. Default: now. */
  readonly startTime?: number;
}

/**
 * An environment in this process, without a server: memory, and time that skips ahead while a result is awaited and nothing is going on.
 * In the shape of the official `TestWorkflowEnvironment`. Any number of them may exist at once; they share nothing.
 */
export interface TestEnvironment extends WorkflowEnvironment {
  readonly namespace: string;
  /** What it was made with. */
  readonly options: TestEnvironmentOptions;
  /** What the environment stands on. */
  readonly engine: EmbeddedEngine;
  /** `client.activity`, as in the official environment. */
  readonly asyncCompletionClient: AsyncCompletionClient;
  /** `client.workflow`, as in the official environment. */
  readonly workflowClient: WorkflowClient;
  /** Makes a worker of this environment; the same as `Worker.create` with its connection and namespace. */
  createWorker(options: WorkerOptions): Promise<PerdureWorker>;
}

/**
 * Makes a test environment. Its connection may also be given to the official `Worker.create`.
 * @example
 * const env = await createTestEnvironment();
 * const worker = await env.createWorker({ taskQueue: 'test', workflowsPath });
 * const result = await worker.runUntil(env.client.workflow.execute('remindTomorrow', { taskQueue: 'test', workflowId: 'one' }));
 * await env.teardown();
 */
export async function createTestEnvironment(options: TestEnvironmentOptions = {}): Promise<TestEnvironment> {
  register();
  const { namespace = 'default', startTime, client: clientOptions = {} } = options;
  const clock = new VirtualClock(startTime === undefined ? {} : { startTime });
  const engine = await createEmbeddedEngine({ memory: true, clock, namespace, client: clientOptions });
  const connection = engine.connect();
  const client = new TimeSkippingClient({ ...clientOptions, connection, namespace }, clock);
  return {
    client,
    // Satisfies at run time what the official class has in private members.
    connection: connection as unknown as Connection,
    nativeConnection: engine.nativeConnection,
    namespace,
    supportsTimeSkipping: true,
    options,
    engine,
    asyncCompletionClient: client.activity,
    workflowClient: client.workflow,
    sleep: (duration) => clock.sleep(msToNumber(duration)),
    currentTimeMs: async () => clock.now(),
    createWorker: (workerOptions) => engine.createWorker(workerOptions),
    teardown: async () => {
      await engine.close();
      await connection.close();
    },
  };
}
