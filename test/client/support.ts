import { Runtime } from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { onTestFinished } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import type { RunEvent, RunEvents } from '../../src/client/events/event.ts';
import type { Perdure } from '../../src/client/perdure.ts';
import type { Run } from '../../src/client/run.ts';
import { workflowCode } from '../../src/worker/index.ts';
import { type Asked, createFakes, type FakeWorld } from '../e2e/agents-loop/fakes.ts';

export const silent = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
Runtime.install({ logger: silent });

/** A client of an engine in memory, whose worker has scripted activities. */
export interface ClientWorld {
  readonly perdure: Perdure;
  readonly env: TestEnvironment;
  readonly asked: Asked;
}

export async function clientWorld(fake: FakeWorld): Promise<ClientWorld> {
  const [env, workflowBundle] = await Promise.all([createTestEnvironment(), workflowCode()]);
  const { activities, asked } = createFakes(fake);
  const options = { workflowBundle, activities, workflowThreadPoolSize: 1, shutdownForceTime: '1 s' };
  const worker = await env.createWorker({ taskQueue: 'agents', ...options });
  const running = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await running;
    await env.teardown();
  });
  const perdure = await connect({ engine: env.engine, client: env.client, taskQueue: 'agents' });
  return { perdure, env, asked };
}

/** Reads until an event of this type has come. */
export async function eventOf<Type extends keyof RunEvents>(
  run: Run<unknown>,
  type: Type,
): Promise<Extract<RunEvent, { readonly type: Type }>> {
  for await (const event of run.events()) {
    if (event.type === type) return event as Extract<RunEvent, { readonly type: Type }>;
  }
  throw new Error(`the run has ended without ${type}`);
}

/** All events of a run until it has ended. */
export async function allEvents(run: Run<unknown>, from?: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events(from === undefined ? {} : { from })) events.push(event);
  return events;
}

export function typesOf(events: readonly { readonly type: string }[]): string[] {
  return events.map(({ type }) => type);
}
