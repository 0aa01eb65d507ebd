import type { RunEvent, Step } from 'perdure';
import {
  type AdapterSource,
  createExecutionEngine,
  createWorkflowEngineAdapter,
  type Result,
  type WorkflowEngineAdapter,
} from 'perdure/adapters';
import { createWorker } from 'perdure/worker';
import { expect } from 'vitest';
import { silentLogger } from '../../support/silent-logger.ts';
import { desk } from './desk.ts';

/** What the program saw, without ids, times and the name of the engine: the same wherever it runs. */
export interface Seen {
  readonly events: readonly unknown[];
  readonly steps: readonly unknown[];
  readonly metrics: unknown;
  readonly cancelled: readonly string[];
}

/** One program for all engines: which one it is on, only its configuration says. */
export async function program(source: AdapterSource): Promise<Seen> {
  const adapter = await createWorkflowEngineAdapter(source);
  const { engine } = adapter.perdure;
  const taskQueue = 'taskQueue' in source ? source.taskQueue : undefined;
  const settings = { agents: [desk], engine, logger: silentLogger, ...(taskQueue && { taskQueue }) };
  const worker = await createWorker(settings);
  const working = worker.run();
  try {
    return await tour(adapter);
  } finally {
    worker.shutdown();
    await working;
    await adapter.close();
  }
}

async function tour(adapter: WorkflowEngineAdapter): Promise<Seen> {
  const engine = await createExecutionEngine({ perdure: adapter.perdure, prices: {} });
  const info = await adapter.getEngineInfo();
  expect(info).toMatchObject({ name: adapter.perdure.engine.name, version: expect.stringMatching(/^\d/) });
  expect(Array.isArray(info.features)).toBe(true);

  const request = { agentName: 'desk', input: 'Where is 1042?', context: { tenant: 'a' }, metadata: { user: 'u' } };
  const [first = '', second = ''] = await adapter.startRuns([request, request]);
  const asked = await until(adapter, first, 'input_requested');
  await until(adapter, second, 'input_requested');

  expect(await adapter.getEngineHealth()).toMatchObject({ status: 'healthy', error: undefined });
  expect((await adapter.getEngineHealth()).activeRuns).toBeGreaterThanOrEqual(2);
  expect(await adapter.queryRun(first, 'pending')).toMatchObject([{ kind: 'input', message: 'May I close it?' }]);
  expect(valueOf(await engine.queryWorkflow(first, { name: 'spent' }))).toMatchObject({ inputTokens: 2000 });
  expect(valueOf(await engine.getRun(first))).toMatchObject({ id: first, agent: 'desk', status: 'running' });

  await adapter.signalRun(first, 'userInput', 'Yes.');
  valueOf(await engine.cancelRun(second, 'nobody answers'));
  const events = await read(adapter, first);
  const cancelled = await read(adapter, second);
  expect(events.at(-1)).toMatchObject({ type: 'run_completed', output: 'Closed. Goodbye.' });
  expect(events.map(({ id }) => id)).toContain(asked.id);
  for (const [index, { id }] of events.entries())
    expect(await read(adapter, first, id)).toEqual(events.slice(index + 1));

  const steps = await adapter.getRunHistory(first);
  expect(valueOf(await engine.getExecutionHistory(first))).toEqual(steps);
  await listed(engine, first, second);
  expect(await adapter.perdure.run(first).result()).toBe('Closed. Goodbye.');
  return {
    events: events.map(told),
    steps: steps.map(done),
    metrics: measured(await adapter.getRunMetrics(first)),
    cancelled: cancelled.map(({ type }) => type),
  };
}

/** Lists may lag behind a little, and on a server that others use, too, runs of theirs come in between. */
async function listed(
  engine: Awaited<ReturnType<typeof createExecutionEngine>>,
  completed: string,
  cancelled: string,
): Promise<void> {
  const ids = async (options: Parameters<typeof engine.listRuns>[0]): Promise<string[]> =>
    valueOf(await engine.listRuns({ limit: 1000, ...options })).map(({ id }) => id);
  await expect.poll(() => ids({ status: ['completed'] })).toContain(completed);
  await expect.poll(() => ids({ status: ['cancelled'] })).toContain(cancelled);
  const status = ['completed', 'cancelled'] as const;
  const atItsPlace = async (): Promise<string[]> =>
    await ids({ status, limit: 1, offset: (await ids({ status })).indexOf(completed) });
  await expect.poll(atItsPlace).toEqual([completed]);
  expect(await ids({ offset: 100_000 })).toEqual([]);
}

/** What a call came to. @throws why it failed. */
export function valueOf<Data>(result: Result<Data>): Data {
  if (result.success) return result.data;
  throw result.error;
}

async function until(adapter: WorkflowEngineAdapter, id: string, type: RunEvent['type']): Promise<RunEvent> {
  for await (const event of adapter.streamRunEvents(id)) if (event.type === type) return event;
  throw new Error(`the run has ended without ${type}`);
}

async function read(adapter: WorkflowEngineAdapter, id: string, from?: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of adapter.streamRunEvents(id, from === undefined ? {} : { from })) events.push(event);
  return events;
}

/** An event without what differs from run to run. */
function told(event: RunEvent): unknown {
  return JSON.parse(
    JSON.stringify(event, (key, value: unknown) => (VARYING.includes(key) ? `a ${typeof value}` : value)),
  );
}

const VARYING = ['id', 'at', 'workflowId', 'openedAt', 'expiresAt', 'definitionHash', 'durationMs', 'duration'];

function done({ kind, name, agent, status, attempts, output }: Step): unknown {
  return { kind, name, agent, status, attempts, ...(kind === 'tool' ? { output } : {}) };
}

function measured({
  totalDuration,
  activeDuration,
  ...metrics
}: {
  totalDuration: number;
  activeDuration: number;
}): unknown {
  expect(totalDuration).toBeGreaterThan(0);
  expect(activeDuration).toBeGreaterThan(0);
  expect(activeDuration).toBeLessThanOrEqual(totalDuration);
  return JSON.parse(
    JSON.stringify(metrics, (key, value: unknown) => (VARYING.includes(key) ? `a ${typeof value}` : value)),
  );
}
