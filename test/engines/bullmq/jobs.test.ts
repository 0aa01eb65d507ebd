import { activityInfo } from '@temporalio/activity';
import { FlowProducer, QueueEvents } from 'bullmq';
import type { JobNode, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { queueName } from '../../../src/engines/bullmq/keys.ts';
import { eachScene } from './each-scene.ts';
import { delegates, finish, parent, sleeps, waits, works } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { connectRedis, redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
const patient = { timeout: 30_000, interval: 50 };
let scene: Scene;
let redis: Redis;

/** What people who know BullMQ see of runs. */
describe.skipIf(redisUrl === undefined)('jobs of runs', { timeout: TIMEOUT }, () => {
  let engine: BullmqEngine;
  let queue: Queue;

  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });
  beforeEach(async () => {
    redis = connectRedis();
    engine = await scene.engine();
    queue = scene.queue();
  });
  afterEach(() => redis.disconnect());

  const start = async (type: string, options?: object, args: unknown[] = []): Promise<[string, string]> => {
    const { taskQueue } = scene;
    const workflowId = `parent of ${type}`;
    const handle = await engine.client.workflow.start(parent, {
      taskQueue,
      workflowId,
      args: [type, { workflowId: 'child', ...options }, args],
    });
    const child = engine.client.workflow.getHandle('child');
    await expect.poll(async () => (await child.describe()).historyLength, patient).toBeGreaterThan(3);
    return [handle.firstExecutionRunId, (await child.describe()).runId];
  };
  const tell = async (workflowId: string, text: string): Promise<void> =>
    engine.client.workflow.getHandle(workflowId).signal(finish, text);
  const resultOf = async (workflowId: string): Promise<unknown> =>
    engine.client.workflow.getHandle(workflowId).result();

  const flow = async (id: string): Promise<JobNode | undefined> => {
    const producer = new FlowProducer({ connection: { url: redisUrl ?? '' }, prefix: scene.keys.tag('default') });
    try {
      return await producer.getFlow({ id, queueName: queueName(scene.taskQueue), prefix: scene.keys.tag('default') });
    } finally {
      await producer.close();
    }
  };
  const tree = (node: JobNode | undefined): unknown =>
    node === undefined ? 'nothing' : node.children ? { [node.job.name]: node.children.map(tree) } : node.job.name;

  /** Keys of single jobs that are left. */
  const jobKeys = async (): Promise<string[]> => {
    const keys = await redis.keys(`${scene.keys.tag('default')}:*`);
    return keys.filter((key) => /:[0-9a-f-]{36}/.test(key) && !key.includes(':~'));
  };
  const untilNoJobs = async (): Promise<void> => {
    await expect.poll(jobKeys, patient).toEqual([]);
  };

  describe('children', () => {
    test('are shown below their parents, over queues, as long as they run', async () => {
      await scene.work(engine);
      await scene.work(engine, { taskQueue: 'other' });
      const options = { workflowId: 'middle', taskQueue: 'other' };
      const args = ['waits', { workflowId: 'child' }];
      const [runId] = await start('parent', { ...options }, args);
      expect(tree(await flow(runId))).toEqual({ parent: [{ parent: ['waits'] }] });
      await scene.untilJob(queue, runId, 'delayed');
      expect(tree(await flow(runId))).toEqual({ parent: [{ parent: ['waits'] }] });
      await tell('child', 'done');
      await expect.poll(async () => tree(await flow(runId)), patient).toEqual({ parent: ['parent'] });
      await tell('middle', 'await');
      await tell('parent of parent', 'await');
      expect(await resultOf('parent of parent')).toBe('child: child: done 0');
      await untilNoJobs();
    });

    test('stay in the tree when finished jobs are kept', async () => {
      const keeps = await scene.engine({ queues: { defaultJobOptions: { removeOnComplete: false } } });
      await scene.work(keeps);
      engine = keeps;
      const [runId, childRunId] = await start('waits');
      await tell('child', 'done');
      await scene.untilJob(queue, childRunId, 'completed');
      expect(tree(await flow(runId))).toEqual({ parent: ['waits'] });
      await tell('parent of waits', 'await');
      expect(await resultOf('parent of waits')).toBe('child: done 0');
      await scene.untilJob(queue, runId, 'completed');
      expect(tree(await flow(runId))).toEqual({ parent: ['waits'] });
      await (await queue.getJob(runId))?.remove();
      await untilNoJobs();
    });

    test('that fail leave their parent to go on', async () => {
      await scene.work(engine);
      const [runId] = await start('fails');
      await scene.untilJob(queue, runId, 'delayed');
      await tell('parent of fails', 'await');
      await tell('child', 'failed');
      expect(await resultOf('parent of fails')).toBe('child failed');
      await untilNoJobs();
    });

    const policies = [
      ['ABANDON', 'done 0'],
      ['TERMINATE', 'by parent close policy'],
      ['REQUEST_CANCEL', 'Workflow execution cancelled'],
    ] as const;
    test.for(policies)('a parent may end before its child: %s', async ([parentClosePolicy, outcome]) => {
      await scene.work(engine);
      await start('waits', { parentClosePolicy });
      await tell('parent of waits', 'over');
      expect(await resultOf('parent of waits')).toBe('over');
      if (parentClosePolicy === 'ABANDON') await tell('child', 'done');
      expect(await resultOf('child').catch(String)).toContain(outcome);
      await untilNoJobs();
    });

    test('a parent may go on as a new run, and its child as well', async () => {
      await scene.work(engine);
      const abandon = { parentClosePolicy: 'ABANDON' };
      const [runId, childRunId] = await start('parent', abandon, ['nothing']);
      await tell('parent of parent', 'again');
      await scene.untilJob(queue, runId, 'unknown');
      await tell('child', 'done');
      expect(await resultOf('child')).toBe('went on');
      await tell('parent of parent', 'done');
      expect(await resultOf('parent of parent')).toBe('went on');
      await scene.untilJob(queue, childRunId, 'unknown');
      await untilNoJobs();
    });

    test('whose job somebody removes come back, and hold nobody up', async () => {
      await scene.work(engine);
      const [runId, childRunId] = await start('waits');
      await scene.untilJob(queue, childRunId, 'delayed');
      await scene.untilJob(queue, runId, 'delayed');
      await (await queue.getJob(childRunId))?.remove();
      expect(tree(await flow(runId))).toEqual('parent');
      await tell('child', 'done');
      await tell('parent of waits', 'await');
      expect(await resultOf('parent of waits')).toBe('child: done 0');
      await untilNoJobs();
    });
  });

  test('show what a run waits for', async () => {
    const events = new QueueEvents(queueName(scene.taskQueue), {
      connection: { url: redisUrl ?? '' },
      prefix: scene.keys.tag('default'),
    });
    await events.waitUntilReady();
    const seen: unknown[] = [];
    events.on('progress', ({ data }) => void seen.push(data));
    await scene.work(engine);
    const [runId, childRunId] = await start('waits');
    const progress = async (id: string): Promise<unknown> => (await queue.getJob(id))?.progress;
    await expect.poll(() => progress(childRunId), patient).toEqual({ events: 4, waitsFor: ['messages'] });
    await expect.poll(() => progress(runId), patient).toMatchObject({ waitsFor: ['child waits'] });
    expect(seen).toContainEqual({ events: 4, waitsFor: ['messages'] });
    const { taskQueue } = scene;
    const handle = await engine.client.workflow.start(sleeps, { taskQueue, workflowId: 's', args: [3_600_000] });
    await expect.poll(() => progress(handle.firstExecutionRunId), patient).toMatchObject({ waitsFor: ['timer'] });
    const { workflowService } = engine.client;
    await workflowService.pauseWorkflowExecution({ namespace: 'default', workflowId: 's' });
    await expect
      .poll(() => progress(handle.firstExecutionRunId), patient)
      .toMatchObject({ waitsFor: ['being resumed'] });
    await events.close();
  });

  test('of runs that start later are delayed until then', async () => {
    await scene.work(engine);
    const { taskQueue } = scene;
    const handle = await engine.client.workflow.start(sleeps, {
      taskQueue,
      workflowId: 'later',
      args: [1],
      startDelay: 2500,
    });
    const [job] = await queue.getDelayed();
    expect(job?.id).toBe(handle.firstExecutionRunId);
    expect(job?.progress).toEqual({ events: 1, waitsFor: ['its start'] });
    expect(await handle.result()).toBe('slept');
  });

  describe('priorities', () => {
    const order: string[] = [];
    const activities = {
      work: async (): Promise<string> => {
        const { workflowExecution, priority } = activityInfo();
        order.push(workflowExecution?.workflowId ?? '');
        return `priority ${priority?.priorityKey ?? 0}`;
      },
    };
    const run = async (workflowId: string, priorityKey?: number): Promise<void> => {
      const { taskQueue } = scene;
      const priority = priorityKey === undefined ? {} : { priority: { priorityKey } };
      await engine.client.workflow.start(works, { taskQueue, workflowId, ...priority });
    };

    beforeEach(() => {
      order.length = 0;
    });

    test('say whose turn it is; among equals the first comes first', async () => {
      await run('default 1');
      await run('default 2');
      expect(await queue.getWaitingCount()).toBe(2);
      await run('last', 5);
      await run('default 3');
      await run('first', 1);
      await run('default 4', 3);
      await run('second', 1);
      const one = await scene.engine({ workers: { concurrency: 1 } });
      await scene.work(one, { activities });
      const all = ['first', 'second', 'default 1', 'default 2', 'default 3', 'default 4', 'last'];
      for (const id of all) await resultOf(id);
      expect(order).toEqual(all);
    });

    test('are those of children and activities too', async () => {
      await scene.work(engine, { activities });
      const { taskQueue } = scene;
      const urgent = { taskQueue, workflowId: 'urgent', priority: { priorityKey: 2 } };
      expect(await engine.client.workflow.execute(delegates, urgent)).toBe('priority 2');
    });

    test('are those of the jobs of activities', async () => {
      await scene.work(engine);
      const jobs = scene.queue('activities');
      await run('default');
      await run('first', 1);
      await expect.poll(() => jobs.getPrioritizedCount(), patient).toBe(2);
      expect((await jobs.getPrioritized()).map(({ priority }) => priority)).toEqual([1, 3]);
      await scene.workActivities(engine, scene.taskQueue, activities);
      expect(await resultOf('first')).toBe('priority 1');
      expect(await resultOf('default')).toBe('priority 0');
    });
  });

  test('no more are active at once than the queue allows', async () => {
    await queue.setGlobalConcurrency(1);
    await scene.work(engine);
    await scene.work(await scene.engine());
    const { taskQueue } = scene;
    const ids = ['a', 'b', 'c', 'd'];
    for (const workflowId of ids) await engine.client.workflow.start(waits, { taskQueue, workflowId });
    for (const id of ids) {
      await tell(id, id);
      expect(await queue.getActiveCount()).toBeLessThan(2);
    }
    for (const id of ids) expect(await resultOf(id)).toBe(`${id} 0`);
  });
});
