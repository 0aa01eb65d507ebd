import { activityInfo } from '@temporalio/activity';
import type { Queue } from 'bullmq';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { eachScene } from './each-scene.ts';
import { finish, sleeps, waits, works, worksTwice } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
const patient = { timeout: 30_000, interval: 50 };
let scene: Scene;

describe.skipIf(redisUrl === undefined)('a paused task queue', { timeout: TIMEOUT }, () => {
  let engine: BullmqEngine;
  let worker: BullmqEngine;
  let queue: Queue;
  const order: string[] = [];
  const activities = {
    work: async (): Promise<string> => {
      order.push(activityInfo().workflowExecution?.workflowId ?? '');
      return 'done';
    },
  };

  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });
  beforeEach(async () => {
    order.length = 0;
    engine = await scene.engine();
    worker = await scene.engine({ workers: { linger: 3_600_000 } });
    queue = scene.queue();
  });

  const run = async (type: string, workflowId: string, ...args: unknown[]): Promise<string> => {
    const { taskQueue } = scene;
    return (await engine.client.workflow.start(type, { taskQueue, workflowId, args })).firstExecutionRunId;
  };
  const resultOf = async (workflowId: string): Promise<unknown> =>
    engine.client.workflow.getHandle(workflowId).result();

  test('takes no run, keeps what is started, and goes on in order', async () => {
    await engine.pauseTaskQueue(scene.taskQueue);
    expect(await queue.isPaused()).toBe(true);
    await scene.work(await scene.engine({ workers: { concurrency: 1 } }), { activities });
    const ids = ['first', 'second', 'third'];
    for (const id of ids) await run(works.name, id);
    // The worker is at work.
    await scene.work(worker, { taskQueue: 'other' });
    expect(await engine.client.workflow.execute(sleeps, { taskQueue: 'other', workflowId: 's', args: [1] })).toBe(
      'slept',
    );
    expect(await queue.getWaitingCount()).toBe(3);
    await engine.resumeTaskQueue(scene.taskQueue);
    for (const id of ids) expect(await resultOf(id)).toBe('done');
    expect(order).toEqual(ids);
  });

  test('puts aside what is in memory, and keeps what it is told', async () => {
    await scene.work(worker);
    const runId = await run(waits.name, 'w');
    await expect
      .poll(async () => (await queue.getJob(runId))?.progress, patient)
      .toMatchObject({
        waitsFor: ['messages'],
      });
    expect(await queue.getJobState(runId)).toBe('active');
    // As a dashboard does it.
    await queue.pause();
    await scene.untilJob(queue, runId, 'delayed');
    await engine.client.workflow.getHandle('w').signal(finish, 'told');
    expect(await queue.getJobState(runId)).toBe('waiting');
    await queue.resume();
    expect(await resultOf('w')).toBe('told 0');
  });

  test('begins no activity, whichever process has the run', async () => {
    await engine.pauseTaskQueue('other');
    const full = await scene.engine({ workers: { concurrency: 1 } });
    await scene.work(full);
    await scene.workActivities(full, 'other', activities);
    await run(works.name, 'w', 'other');
    const jobs = scene.queue('activities', 'other');
    await expect.poll(() => jobs.getWaitingCount(), patient).toBe(1);
    expect(order).toEqual([]);
    await engine.resumeTaskQueue('other');
    expect(await resultOf('w')).toBe('done');
  });

  test('lets an activity that runs come to its end, and goes on from there', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const slow = {
      work: async (): Promise<string> => {
        order.push('begun');
        await released;
        return 'done';
      },
    };
    await scene.work(worker, { activities: slow });
    const runId = await run(worksTwice.name, 'w');
    await expect.poll(() => order, patient).toEqual(['begun']);
    await engine.pauseTaskQueue(scene.taskQueue);
    await scene.untilJob(queue, runId, 'delayed');
    release();
    await scene.untilJob(queue, runId, 'waiting');
    expect(order).toEqual(['begun']);
    await engine.resumeTaskQueue(scene.taskQueue);
    expect(await resultOf('w')).toBe('done, done');
  });
});
