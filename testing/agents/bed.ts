import type { DataConverter } from '@temporalio/common';
import type { WorkflowBundle } from '@temporalio/worker';
import { createCallModel } from '../../src/agent/activities/call-model.ts';
import { createAgentActivities } from '../../src/agent/activities/index.ts';
import { AgentRegistry } from '../../src/agent/registry.ts';
import type { AnyAgent } from '../../src/agent/types.ts';
import type { PerdureWorker } from '../../src/engine/index.ts';
import { type Backend, backendOf, type LocalConnection } from '../../src/runtime/connection.ts';
import { VirtualClock } from '../../src/runtime/virtual-clock.ts';
import { DEFAULT_TASK_QUEUE } from '../../src/workflow/protocol/index.ts';
import { Crew } from '../crew/crew.ts';
import { mockWorkflows } from '../crew/mock-children.ts';
import { payloadReader } from '../crew/payloads.ts';
import { replayAll } from '../crew/replay.ts';
import { endFailingRuns } from '../crew/task-failures.ts';
import { createTestEnvironment, type TestEnvironment } from '../environment.ts';
import { type Implementation, MockableActivities } from './activities.ts';
import type { AgentTestOptions } from './agent-test.ts';
import { doublesOf } from './doubles.ts';
import { timeOf } from './pass-time.ts';
import { quietRuntime } from './quiet.ts';
import { replaceIn } from './replace.ts';
import { bundleFor } from './workflows.ts';

/** Options of which agents does not matter. */
export type AnyAgentTestOptions = AgentTestOptions<readonly AnyAgent[]>;

/** Everything that a test of agents stands on. */
export class Bed {
  readonly env: TestEnvironment;
  readonly clock: VirtualClock;
  readonly crew: Crew;
  readonly activities: MockableActivities;
  readonly secret: string;
  readonly #options: AnyAgentTestOptions;
  readonly #registry: AgentRegistry;
  readonly #bundle: WorkflowBundle;
  readonly #failures: string[] = [];

  /** Sets it up, and puts a worker to work. */
  static async open(options: AnyAgentTestOptions): Promise<Bed> {
    const agents = replaceIn(options.agents ?? [], options);
    quietRuntime();
    const [registry, bundle] = await Promise.all([AgentRegistry.open({ agents }), bundleFor(options)]);
    const env = await createTestEnvironment(options);
    const bed = new Bed(options, env, registry, bundle);
    try {
      await bed.crew.start();
    } catch (error) {
      await bed.close();
      throw error;
    }
    return bed;
  }

  private constructor(
    options: AnyAgentTestOptions,
    env: TestEnvironment,
    registry: AgentRegistry,
    bundle: WorkflowBundle,
  ) {
    const backend = backendFor(env);
    this.env = env;
    this.clock = backend.clock;
    this.secret = env.engine.secret?.() ?? '';
    this.#options = options;
    this.#registry = registry;
    this.#bundle = bundle;
    const agentOptions = { registry, deps: options.deps, secret: this.secret };
    const ofAgents = createAgentActivities(agentOptions, createCallModel(agentOptions));
    this.activities = new MockableActivities({ ...ofAgents, ...options.activities } as Record<string, Implementation>);
    for (const double of doublesOf(registry)) double.useTime?.(timeOf(env));
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
    await Promise.all([this.env.teardown(), this.#registry.close()]);
    const doubled = doublesOf(this.#registry).flatMap(({ problems }) => problems);
    return [...this.crew.problems, ...this.#failures, ...doubled, ...replayed];
  }

  #hire(connection: LocalConnection): Promise<PerdureWorker> {
    const { maxCachedWorkflows } = this.#options;
    return this.env.createWorker({
      // Satisfies at run time what the official class has in private members.
      connection: connection as never,
      taskQueue: DEFAULT_TASK_QUEUE,
      workflowBundle: this.#bundle,
      activities: this.activities.forWorker(),
      workflowThreadPoolSize: 1,
      // A cancellation arrives with a sign of life, and these come in real time.
      maxHeartbeatThrottleInterval: 10,
      shutdownForceTime: 200,
      ...this.#dataConverter(),
      ...(maxCachedWorkflows === undefined ? {} : { maxCachedWorkflows }),
    });
  }

  async #replay(): Promise<string[]> {
    quietRuntime();
    const options = { workflowBundle: this.#bundle, ...this.#dataConverter() };
    return await replayAll(this.env.client, options, (type) => this.activities.isMocked(type));
  }

  #dataConverter(): { readonly dataConverter?: DataConverter } {
    const dataConverter = this.#options.client?.dataConverter;
    return dataConverter === undefined ? {} : { dataConverter };
  }
}

function backendFor(env: TestEnvironment): Backend & { readonly clock: VirtualClock } {
  const backend = backendOf(env.nativeConnection);
  if (!(backend?.clock instanceof VirtualClock)) throw new TypeError('A test environment has a clock of its own.');
  return { service: backend.service, clock: backend.clock };
}
