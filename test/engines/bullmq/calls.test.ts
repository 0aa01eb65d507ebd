import { describe, expect, test } from 'vitest';
import { eachScene } from './each-scene.ts';
import { ends, finish, state, waits } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 60_000;
const patient = { timeout: TIMEOUT, interval: 20 };
let scene: Scene;

describe.skipIf(redisUrl === undefined)('jobs of a task queue that are no runs', { timeout: TIMEOUT }, () => {
  eachScene({ timeout: TIMEOUT, isQuiet: false }, (made) => {
    scene = made;
  });

  test('a question about a closed run that nobody answered in time leaves nothing behind', async () => {
    const [web, worker] = await Promise.all([scene.engine(), scene.engine()]);
    const { taskQueue } = scene;
    const queue = scene.queue();
    const stop = await scene.work(worker);
    const handle = await web.client.workflow.start(waits, { taskQueue, workflowId: 'w' });
    await handle.signal(finish, 'done');
    await handle.result();
    await stop();
    const ask = web.client.withDeadline(Date.now() + 500, () => handle.query(state));
    await expect(ask).rejects.toThrow(/query/i);
    await expect.poll(async () => queue.getJobCountByTypes('waiting', 'active'), patient).toBe(0);
    // Whoever comes next can be asked, and has found nothing that is no job.
    await scene.work(worker);
    expect(await handle.query(state)).toBe('waiting, sum 0');
    expect(await queue.getFailedCount()).toBe(0);
    expect(scene.errors).toEqual([]);
  });

  test('one that is about no run fails, and says so', async () => {
    const engine = await scene.engine();
    const { taskQueue } = scene;
    const queue = scene.queue();
    await queue.add('mail', { to: 'somebody' }, { jobId: 'mail', attempts: 3 });
    await scene.work(engine);
    await expect.poll(async () => (await queue.getJob('mail'))?.failedReason, patient).toMatch(/about no run/);
    expect(await engine.client.workflow.execute(ends, { taskQueue, workflowId: 'w' })).toBe(0);
  });
});
