import { Runtime } from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, vi } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import type { Perdure } from '../../src/client/perdure.ts';
import { workflowCode } from '../../src/worker/index.ts';
import type { AgentActivities } from '../../src/workflow/protocol/index.ts';
import { type Asked, createFakes, type FakeWorld } from '../e2e/agents-loop/fakes.ts';

const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** A client of an engine in memory, whose worker has scripted activities. */
export interface ClientWorld {
  readonly perdure: Perdure;
  readonly env: TestEnvironment;
  readonly asked: Asked;
}

const NAMES: readonly (keyof AgentActivities)[] = [
  'agent.resolve',
  'agent.callModel',
  'agent.executeTool',
  'agent.compensateTool',
  'agent.checkChild',
];

/**
 * Sets up an engine and a worker for the tests of a file, and makes worlds on them: one at a time, for the activities are those of the last one.
 */
export function useClientWorlds(): (fake: FakeWorld) => Promise<ClientWorld> {
  vi.setConfig({ testTimeout: 30_000 });
  let env: TestEnvironment;
  let stop: () => Promise<void>;
  let current: AgentActivities;
  beforeAll(async () => {
    Runtime.install({ logger: silent });
    const workflowBundle = await workflowCode();
    env = await createTestEnvironment();
    const activities = Object.fromEntries(
      NAMES.map((name) => [
        name,
        async (input: never) => await (current[name] as (input: never) => Promise<unknown>)(input),
      ]),
    );
    const options = { workflowBundle, activities, workflowThreadPoolSize: 1, shutdownForceTime: '1 s' };
    const worker = await env.createWorker({ taskQueue: 'agents', ...options });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
      await env.teardown();
    };
  }, 120_000);
  afterAll(() => stop());
  return async (fake) => {
    const { activities, asked } = createFakes(fake);
    current = activities;
    return { perdure: await connect({ engine: env.engine, client: env.client, taskQueue: 'agents' }), env, asked };
  };
}
