import { activityInfo } from '@temporalio/activity';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { ActivityJobs } from '../../../src/engines/bullmq/activity-jobs.ts';
import type { ActivityJobsOptions } from '../../../src/engines/bullmq/activity-jobs.ts';
import type { QueuedTask } from '../../../src/runtime/matching/task-queues.ts';
import { quiet } from '../../conformance/targets/quiet.ts';
import { works } from './fixtures/workflows.ts';
import { bundle, Scene } from './scene.ts';
import { ownKeys, redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 120_000;
const patient = { timeout: 30_000, interval: 50 };

afterEach(() => vi.useRealTimers());

test('activities that wait for a slot keep no process alive that has closed its engine', () => {
  vi.useFakeTimers();
  const options: Partial<ActivityJobsOptions> = {
    keys: ownKeys(),
    store: { recall: () => undefined } as unknown as ActivityJobsOptions['store'],
    queues: () => ({ isAttended: () => true }) as unknown as ReturnType<ActivityJobsOptions['queues']>,
    overflowMs: 100,
  };
  const jobs = new ActivityJobs(options as ActivityJobsOptions);
  const run = { namespace: 'default', workflowId: 'w', runId: 'r' };
  const task: QueuedTask = { kind: 'activity', id: 'r/a/5/1', run, scheduledEventId: 5, attempt: 1 };
  const queue = { namespace: 'default', name: 'q', type: 'activity' } as const;
  jobs.kept(queue, task);
  expect(vi.getTimerCount()).toBe(1);
  jobs.close();
  expect(vi.getTimerCount()).toBe(0);
  jobs.kept(queue, task);
  expect(vi.getTimerCount()).toBe(0);
});

describe.skipIf(redisUrl === undefined)('activities of another process', { timeout: TIMEOUT }, () => {
  let code: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    quiet();
    code = await bundle();
  }, TIMEOUT);

  test('that has them and leaves wait for the next one, not for its lock', async ({ onTestFinished }) => {
    const scene = new Scene(code);
    onTestFinished(() => scene.close(), TIMEOUT);
    // Nobody finds out in time that somebody is gone.
    const workers = { lockDuration: 600_000, stalledInterval: 600_000 };
    const [home, leaving, next] = [
      await scene.engine({ workers }),
      await scene.engine({ workers }),
      await scene.engine({ workers }),
    ];
    await scene.work(home);
    const { taskQueue } = scene;
    const gate = Promise.withResolvers<string>();
    onTestFinished(() => gate.resolve('late'));
    const worker = await leaving.createWorker({
      taskQueue: 'acts',
      activities: { work: async () => gate.promise },
      maxConcurrentActivityTaskExecutions: 1,
      shutdownGraceTime: '1s',
    });
    const running = worker.run();
    const start = async (workflowId: string): Promise<{ result(): Promise<string> }> =>
      home.client.workflow.start(works, { taskQueue, workflowId, args: ['acts'] });
    const queue = scene.queue('activities', 'acts');
    await start('first');
    await expect
      .poll(
        async () => (await home.client.workflow.getHandle('first').describe()).raw.pendingActivities?.[0]?.state,
        patient,
      )
      .toBe(2);
    const second = await start('second');
    await expect.poll(async () => queue.getActiveCount(), patient).toBe(1);
    worker.shutdown();
    await expect.poll(async () => queue.getWaitingCount(), patient).toBe(1);
    await scene.workActivities(next, 'acts', { work: async () => 'done by another' });
    expect(await second.result()).toBe('done by another');
    gate.resolve('late');
    await running;
  });

  test('that waited for their turn there go on elsewhere when its workers leave', async ({ onTestFinished }) => {
    const scene = new Scene(code);
    onTestFinished(() => scene.close(), TIMEOUT);
    const [home, next] = [await scene.engine(), await scene.engine()];
    await scene.work(home);
    // The runs are resident where the activities are offered first: nobody else would know of them.
    const worker = await home.createWorker({
      taskQueue: 'acts',
      activities: { work: async () => 'done at home' },
      maxTaskQueueActivitiesPerSecond: 0.001,
    });
    const running = worker.run();
    const { taskQueue } = scene;
    const handles = await Promise.all(
      ['one', 'two'].map((workflowId) => home.client.workflow.start(works, { taskQueue, workflowId, args: ['acts'] })),
    );
    await Promise.race(handles.map((handle) => handle.result()));
    worker.shutdown();
    await running;
    await scene.workActivities(next, 'acts', { work: async () => 'done by another' });
    const results = await Promise.all(handles.map((handle) => handle.result()));
    expect(results.toSorted()).toEqual(['done at home', 'done by another']);
  });

  test('that no process takes at once are shared by their fairness keys, whoever has the workers', async ({
    onTestFinished,
  }) => {
    const scene = new Scene(code);
    onTestFinished(() => scene.close(), TIMEOUT);
    const [home, first, second] = [await scene.engine(), await scene.engine(), await scene.engine()];
    await scene.work(home);
    const { taskQueue } = scene;
    const start = (
      fairnessKey: string,
      fairnessWeight: number,
      count: number,
    ): Promise<{ result(): Promise<string> }[]> =>
      Promise.all(
        Array.from({ length: count }, (_, index) =>
          home.client.workflow.start(works, {
            taskQueue,
            workflowId: `${fairnessKey}-${index}`,
            args: ['acts'],
            priority: { fairnessKey, fairnessWeight },
          }),
        ),
      );
    const queue = scene.queue('activities', 'acts');
    const untilWaiting = async (count: number): Promise<void> => {
      await expect.poll(async () => queue.getPrioritizedCount(), patient).toBe(count);
    };
    const big = await start('big', 1, 24);
    await untilWaiting(24);
    const small = await start('small', 3, 12);
    await untilWaiting(36);
    const order: string[] = [];
    const work = async (): Promise<string> => {
      order.push(activityInfo().workflowExecution?.workflowId.split('-')[0] ?? '');
      return 'done';
    };
    for (const engine of [first, second]) {
      const worker = await engine.createWorker({
        taskQueue: 'acts',
        activities: { work },
        maxConcurrentActivityTaskExecutions: 1,
      });
      const running = worker.run();
      onTestFinished(async () => {
        worker.shutdown();
        await running;
      });
    }
    await Promise.all([...big, ...small].map((handle) => handle.result()));
    // Three of the small key for one of the big one, give or take what two processes have in hand.
    const early = order.slice(0, 12).filter((key) => key === 'small').length;
    expect(early, order.join(' ')).toBeGreaterThanOrEqual(7);
    expect(early, order.join(' ')).toBeLessThanOrEqual(11);
  });
});
