import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { createEmbeddedEngine, type EmbeddedEngine } from 'perdure/embedded';
import { afterEach, beforeEach, expect, it } from 'vitest';

const taskQueue = 'lost-runs';
// The limit is an option that the official types do not show.
const worker: WorkerOptions & { isolateExecutionTimeout: number } = {
  taskQueue,
  workflowsPath: fileURLToPath(new URL('lost-runs-workflows.ts', import.meta.url)),
  workflowThreadPoolSize: 1,
  isolateExecutionTimeout: 1000,
};

let engine: EmbeddedEngine;
beforeEach(async () => {
  engine = await createEmbeddedEngine({ memory: true });
});
afterEach(() => engine.close());

const start = (type: string): Promise<WorkflowHandle> =>
  engine.client.workflow.start(type, { taskQueue, workflowId: type });

/** How many workflow tasks of the run were completed, and how many failed. */
async function tasks(handle: WorkflowHandle): Promise<{ completed: number; failed: number }> {
  const { events } = await handle.fetchHistory();
  return {
    completed: events?.filter((event) => event.workflowTaskCompletedEventAttributes).length ?? 0,
    failed: events?.filter((event) => event.workflowTaskFailedEventAttributes).length ?? 0,
  };
}

it.each([undefined, 0])('tells where a run waits at the first time of asking (cache of %s)', async (size) => {
  const options = size === undefined ? worker : { ...worker, maxCachedWorkflows: size };
  const running = await engine.createWorker(options);
  await running.runUntil(async () => {
    const handle = await start('waits');
    await expect.poll(() => tasks(handle)).toEqual({ completed: 1, failed: 0 });
    await expect(handle.query('__stack_trace')).resolves.toContain('lost-runs-workflows.ts');
    await handle.signal('finish');
    await expect(handle.result()).resolves.toBe('finished');
    expect(await tasks(handle)).toEqual({ completed: 2, failed: 0 });
  });
});

it('goes on with the runs of a thread that another run made it stop', async () => {
  const running = await engine.createWorker(worker);
  await running.runUntil(async () => {
    const handle = await start('waits');
    await expect.poll(() => tasks(handle)).toEqual({ completed: 1, failed: 0 });
    const spinning = await start('spins');
    await expect.poll(() => tasks(spinning)).toEqual({ completed: 0, failed: 1 });
    await spinning.terminate();
    await handle.signal('finish');
    await expect(handle.result()).resolves.toBe('finished');
    expect(await tasks(handle)).toEqual({ completed: 2, failed: 0 });
  });
});
