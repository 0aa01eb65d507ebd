import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, Runtime, type Worker, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporalAddress } from '../conformance/targets/temporal.ts';
import * as activities from '../runtime/dispatch/activities.ts';
import { createHarness, type Harness } from '../runtime/dispatch/harness.ts';

let harness: Harness;
let original: WorkflowBundle;
let changed: WorkflowBundle;

beforeAll(async () => {
  const logger = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger });
  harness = await createHarness(temporalAddress);
  const bundle = (file: string) =>
    bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL(`../runtime/dispatch/workflows/${file}`, import.meta.url)),
      logger,
    });
  [original, changed] = await Promise.all([bundle('index.ts'), bundle('changed.ts')]);
});
afterAll(() => harness?.close());

/** A worker that runs until `stop`. */
async function run(options: Partial<WorkerOptions> & { taskQueue: string }): Promise<{ stop(): Promise<void> }> {
  const worker: Worker = await harness.createWorker(options);
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
    },
  };
}

const newQueue = () => `dispatch-workers-${randomUUID()}`;

const start = (taskQueue: string, type: string, ...args: unknown[]) =>
  harness.client.workflow.start(type, {
    taskQueue,
    workflowId: `${type}-${randomUUID()}`,
    args,
    workflowTaskTimeout: '2s',
  });

/** Waits until a history has an event whose text contains all of the given. */
async function untilHistory(
  handle: { fetchHistory(): Promise<{ events?: unknown[] | null }> },
  ...texts: string[]
): Promise<void> {
  const fits = async () => {
    const events = (await handle.fetchHistory()).events ?? [];
    return events.some((event) => texts.every((text) => JSON.stringify(event).includes(text)));
  };
  await expect.poll(fits, { timeout: 30_000, interval: 50 }).toBe(true);
}

describe('workers of our dispatcher', () => {
  it('stops while activities run: they are cancelled after the grace time and retried elsewhere', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities, shutdownGraceTime: 100 });
    const handle = await start(taskQueue, 'shutdownVictim');
    await expect.poll(async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastStartedTime).toBeTruthy();
    await first.stop();
    const second = await run({ taskQueue, workflowBundle: original, activities });
    expect(await handle.result()).toBeGreaterThan(1);
    await second.stop();
  });

  it('hands cached workflows over to the next worker', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities });
    const handle = await start(taskQueue, 'waitForGo');
    expect(await handle.query('state')).toBe('waiting');
    await first.stop();
    const second = await run({ taskQueue, workflowBundle: original, activities });
    await handle.signal('go', 'on');
    expect(await handle.result()).toBe('on');
    await second.stop();
  });

  it('fails the workflow instead of the task, where that was asked for', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities });
    const handle = await start(taskQueue, 'timersThenGo');
    await untilHistory(handle, 'timerStarted');
    await first.stop();
    const second = await run({
      taskQueue,
      workflowBundle: changed,
      activities,
      workflowFailureErrorTypes: { '*': [], timersThenGo: ['NondeterminismError'] },
    });
    await handle.signal('go', 'x');
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const failure = await handle.result().catch((error: unknown) => error);
    expect(JSON.stringify((failure as WorkflowFailedError).cause)).toContain('TMPRL1100');
    await second.stop();
  });

  it('reports nondeterminism as the cause of a failed task', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities });
    const handle = await start(taskQueue, 'timersThenGo');
    await untilHistory(handle, 'timerStarted');
    await first.stop();
    const second = await run({ taskQueue, workflowBundle: changed, activities });
    await handle.signal('go', 'x');
    await untilHistory(handle, 'NON_DETERMINISTIC_ERROR', 'TMPRL1100');
    await second.stop();
    const third = await run({ taskQueue, workflowBundle: original, activities });
    expect(await handle.result()).toBe('x');
    await third.stop();
  });

  it('keeps old runs on the old side of a patch, and new runs on the new one', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities });
    const old = await start(taskQueue, 'child', 'wait');
    await untilHistory(old, 'workflowTaskCompleted');
    await first.stop();
    const second = await run({ taskQueue, workflowBundle: changed, activities, maxCachedWorkflows: 0 });
    const young = await start(taskQueue, 'child', 'wait');
    await untilHistory(young, 'timerFired');
    await Promise.all([old.signal('go', 'x'), young.signal('go', 'x')]);
    expect(await Promise.all([old.result(), young.result()])).toEqual(['old', 'new']);
    await second.stop();
  });

  it('replays a long history page by page to answer a query', async () => {
    const taskQueue = newQueue();
    const first = await run({ taskQueue, workflowBundle: original, activities });
    const handle = await start(taskQueue, 'longThenWait', 60);
    await untilHistory(handle, 'timerStarted');
    await first.stop();
    const second = await run({ taskQueue, workflowBundle: original, activities });
    expect(await handle.query('state')).toBe('done 60');
    await handle.signal('go', 'x');
    expect(await handle.result()).toBe('x');
    expect(await handle.query('state')).toBe('done 60');
    await second.stop();
  });

  it('serves workflows and activities from separate workers', async () => {
    const taskQueue = newQueue();
    const workers = await Promise.all([
      run({ taskQueue, workflowBundle: original }),
      run({ taskQueue, activities, maxConcurrentActivityTaskExecutions: 2, maxActivitiesPerSecond: 100 }),
    ]);
    const handles = await Promise.all(Array.from({ length: 6 }, (_, i) => start(taskQueue, 'hello', String(i))));
    const results = await Promise.all(handles.map((handle) => handle.result()));
    expect(results).toHaveLength(6);
    await Promise.all(workers.map((worker) => worker.stop()));
  });

  it('tells an activity that its workflow is gone', async () => {
    const taskQueue = newQueue();
    let reason: unknown;
    const untilCancelled = async () => {
      const { Context, cancelled, heartbeat } = await import('@temporalio/activity');
      const beat = setInterval(() => heartbeat(), 50);
      await cancelled().catch(() => undefined);
      clearInterval(beat);
      reason = Context.current().cancellationDetails;
    };
    const worker = await run({ taskQueue, workflowBundle: original, activities: { ...activities, untilCancelled } });
    const handle = await start(taskQueue, 'cancelActivities');
    await untilHistory(handle, 'timerStarted');
    await handle.terminate();
    await expect.poll(() => reason).toMatchObject({ notFound: true });
    await worker.stop();
  });
});
