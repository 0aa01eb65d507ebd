import { Queue } from 'bullmq';
import { describe, expect, test, vi } from 'vitest';
import { queueName } from '../../../src/engines/bullmq/keys.ts';
import type { BullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { eachScene } from './each-scene.ts';
import { add, finish, waits, works } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { redisUrl } from './support.ts';

const TIMEOUT = 180_000;
const namespace = 'default';
let scene: Scene;

async function pause({ client }: BullmqEngine, workflowId: string): Promise<void> {
  await client.workflowService.pauseWorkflowExecution({ namespace, workflowId });
}

async function resume({ client }: BullmqEngine, workflowId: string): Promise<void> {
  await client.workflowService.unpauseWorkflowExecution({ namespace, workflowId });
}

/** What conformance cannot show: jobs, and several processes. */
describe.skipIf(redisUrl === undefined)('a paused run on Redis', { timeout: TIMEOUT }, () => {
  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });

  test('is put aside, whatever comes, until it goes on; perhaps in another process', async () => {
    const [web, first, second] = await Promise.all([scene.engine(), scene.engine(), scene.engine()]);
    const leave = await scene.work(first);
    const queue = scene.queue();
    const handle = await web.client.workflow.start(waits, { taskQueue: scene.taskQueue, workflowId: 'w' });
    const { firstExecutionRunId: runId } = handle;
    expect(await handle.executeUpdate(add, { args: [2] })).toBe(2);
    await pause(web, 'w');
    await scene.untilJob(queue, runId, 'delayed');
    await handle.signal(finish, 'done');
    expect(await queue.getJobState(runId)).toBe('delayed');
    await leave();
    await scene.work(second);
    expect(await queue.getJobState(runId)).toBe('delayed');
    await resume(web, 'w');
    expect(await handle.result()).toBe('done 2');
  });

  test('leaves no job behind for an activity that nobody has taken, and makes a new one when it goes on', async () => {
    const [web, workflows, activities] = await Promise.all([scene.engine(), scene.engine(), scene.engine()]);
    await scene.work(workflows);
    const options = { taskQueue: scene.taskQueue, workflowId: 'w' };
    const handle = await web.client.workflow.start(works, { ...options, args: ['other'] });
    const connection = { url: redisUrl ?? '' };
    const jobs = new Queue(queueName('other', 'activities'), { connection, prefix: scene.keys.tag(namespace) });
    try {
      const waiting = async (): Promise<number> => jobs.getJobCountByTypes('waiting', 'active', 'delayed');
      await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 30_000 });
      await pause(web, 'w');
      let done = 0;
      const work = async (): Promise<string> => `done ${++done}`;
      await scene.workActivities(activities, 'other', { work });
      await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 30_000 });
      expect(done).toBe(0);
      await resume(web, 'w');
      expect(await handle.result()).toBe('done 1');
    } finally {
      await jobs.close();
    }
  });
});
