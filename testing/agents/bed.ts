import { resolve } from 'node:path';
import type { ReplayWorkerOptions } from '@temporalio/worker';
import type { AnyAgent } from '../../src/agent/types.ts';
import type { Engine } from '../../src/engine/index.ts';
import { type Backend, backendOf, type LocalConnection } from '../../src/runtime/connection.ts';
import { VirtualClock } from '../../src/runtime/virtual-clock.ts';
import { type OfficialOptions, workflowCode } from '../../src/worker/index.ts';
import { openWorker } from '../../src/worker/create-worker.ts';
import { Crew, type Hand } from '../crew/crew.ts';
import { mockWorkflows } from '../crew/mock-children.ts';
import { payloadReader } from '../crew/payloads.ts';
import { replayAll } from '../crew/replay.ts';
import { endFailingRuns } from '../crew/task-failures.ts';
import { createTestEnvironment, type TestEnvironment } from '../environment.ts';
import { type Implementation, MockableActivities } from './activities.ts';
import type { AgentTestOptions } from './agent-test.ts';
import { type Double, doublesOf } from './doubles.ts';
import { timeOf } from './pass-time.ts';
import { quietRuntime } from './quiet.ts';
import { replaceIn } from './replace.ts';

/** Options of which agents does not matter. */
export type AnyAgentTestOptions = AgentTestOptions<readonly AnyAgent[]>;

/** How long what a killed worker was at may take to end, once it was aborted. */
const DEADLINE_MS = 200;

/** Everything that a test of agents stands on. */
export class Bed {
  readonly env: TestEnvironment;
  readonly clock: VirtualClock;
  readonly crew: Crew;
  readonly activities: MockableActivities;
  readonly #options: AnyAgentTestOptions;
  readonly #agents: readonly AnyAgent[];
  readonly #doubles: readonly Double[];
  readonly #failures: string[] = [];

  /** Sets it up, and puts a worker to work. */
  static async open(options: AnyAgentTestOptions): Promise<Bed> {
    const agents = replaceIn(options.agents ?? [], options);
    quietRuntime();
    const bed = new Bed(options, agents, await createTestEnvironment(options));
    try {
      await bed.crew.start();
    } catch (error) {
      await bed.env.teardown();
      throw error;
    }
    return bed;
  }

  private constructor(options: AnyAgentTestOptions, agents: readonly AnyAgent[], env: TestEnvironment) {
    const backend = backendFor(env);
    this.env = env;
    this.clock = backend.clock;
    this.#options = options;
    this.#agents = agents;
    this.#doubles = doublesOf(agents, options.tools ?? []);
    for (const double of this.#doubles) double.useTime?.(timeOf(env));
    this.activities = new MockableActivities({ ...options.activities } as Record<string, Implementation>);
    const ending = endFailingRuns(backend.service, (id, reason) => this.#failures.push(`Run "${id}": ${reason}`));
    const service = mockWorkflows({ ...backend, service: ending }, (type) => this.activities.isMocked(type));
    this.crew = new Crew({
      backend: { ...backend, service },
      read: payloadReader(env.client),
      hire: (connection) => this.#hire(connection),
    });
  }

  /** Ends it. @returns what went wrong and would go unnoticed. */
  async close(): Promise<readonly string[]> {
    await this.crew.stop();
    const replayed = this.#options.replay === false ? [] : await this.#replay();
    await this.env.teardown();
    return [
      ...this.crew.problems,
      ...this.#failures,
      ...this.#doubles.flatMap(({ problems }) => problems),
      ...replayed,
    ];
  }

  /** A worker as any other, on a connection of its own. */
  async #hire(connection: LocalConnection): Promise<Hand> {
    const { deps, workflowsPath, workerOptions = {} } = this.#options;
    return await openWorker({
      agents: this.#agents,
      deps,
      ...(workflowsPath === undefined ? {} : { workflowsPath }),
      activities: this.activities.forWorker(),
      engine: engineOn(this.env, connection),
      shutdownDeadline: DEADLINE_MS,
      workerOptions: {
        // Workflow code runs in this thread: starting one costs more than most tests. Nothing stops code that never ends, then.
        workflowThreadPoolSize: 0,
        // A cancellation arrives with a sign of life, and these come in real time.
        maxHeartbeatThrottleInterval: 10,
        ...workerOptions,
      },
    });
  }

  async #replay(): Promise<string[]> {
    quietRuntime();
    return await replayAll(this.env.client, await this.#replayOptions(), (type) => this.activities.isMocked(type));
  }

  async #replayOptions(): Promise<ReplayWorkerOptions> {
    const { workflowsPath, workerOptions = {} } = this.#options;
    const { interceptors, sinks, bundlerOptions, plugins }: Partial<OfficialOptions> = workerOptions;
    const dataConverter = workerOptions.dataConverter ?? this.#options.client?.dataConverter;
    const code = await workflowCode({
      workflowsPath: workflowsPath === undefined ? undefined : resolve(workflowsPath),
      workflowInterceptorModules: interceptors?.workflowModules,
      payloadConverterPath: dataConverter?.payloadConverterPath,
      failureConverterPath: dataConverter?.failureConverterPath,
      bundlerOptions,
      plugins,
    });
    return {
      workflowBundle: code,
      ...(dataConverter === undefined ? {} : { dataConverter }),
      ...(sinks === undefined ? {} : { sinks }),
    };
  }
}

function engineOn({ engine, client }: TestEnvironment, connection: LocalConnection): Engine {
  return {
    name: engine.name,
    client,
    // Satisfies at run time what the official class has in private members.
    nativeConnection: connection as never,
    createWorker: (options) => engine.createWorker({ ...options, connection: connection as never }),
    info: () => engine.info(),
    health: () => engine.health(),
    secret: () => engine.secret?.() ?? '',
    // The environment's.
    close: () => Promise.resolve(),
  };
}

function backendFor(env: TestEnvironment): Backend & { readonly clock: VirtualClock } {
  const backend = backendOf(env.nativeConnection);
  if (!(backend?.clock instanceof VirtualClock)) throw new TypeError('A test environment has a clock of its own.');
  return { service: backend.service, clock: backend.clock };
}
