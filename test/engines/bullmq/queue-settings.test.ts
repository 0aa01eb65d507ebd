import { Worker } from 'bullmq';
import { describe, expect, test, vi } from 'vitest';
import { eachScene } from './each-scene.ts';
import { sleeps } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { redisUrl } from './support.ts';

const TIMEOUT = 120_000;

describe.skipIf(redisUrl === undefined)('queues with settings of their own', { timeout: TIMEOUT }, () => {
  let scene: Scene;
  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });

  test('keep their jobs, and take them, as they say', async () => {
    const run = vi.spyOn(Worker.prototype, 'run');
    const engine = await scene.engine({
      queues: {
        queue: { defaultJobOptions: { removeOnComplete: false }, settings: { lockDuration: 4000, maxStalledCount: 7 } },
        other: { settings: { stalledInterval: 900 } },
      },
    });
    expect(engine.taskQueue).toBeUndefined();
    for (const taskQueue of ['queue', 'other']) {
      await scene.work(engine, { taskQueue });
      await engine.client.workflow.execute(sleeps, { taskQueue, workflowId: taskQueue, args: [1] });
    }
    await expect
      .poll(() => scene.queue().getJobCounts('completed', 'delayed', 'active'))
      .toMatchObject({ completed: 1 });
    const other = scene.queue('runs', 'other');
    await expect.poll(async () => Object.values(await other.getJobCounts()).every((count) => count === 0)).toBe(true);
    const options = (run.mock.contexts as Worker[]).map(({ name, opts }) => ({ name, ...opts }));
    const of = (taskQueue: string): unknown => options.find(({ name }) => name === taskQueue);
    expect(of('queue')).toMatchObject({ lockDuration: 4000, stalledInterval: 1000, maxStalledCount: 7 });
    expect(of('other')).toMatchObject({ lockDuration: 6000, stalledInterval: 900, maxStalledCount: 1_000_000 });
    run.mockRestore();
  });
});
