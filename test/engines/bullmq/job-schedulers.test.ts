import { Worker } from 'bullmq';
import type { Queue } from 'bullmq';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BullmqEngine, RepeatOptions, ScheduledStart } from '../../../src/engines/bullmq/index.ts';
import { queueName } from '../../../src/engines/bullmq/keys.ts';
import { agentStart } from '../../../src/client/start.ts';
import { eachScene } from './each-scene.ts';
import { finish, sleeps, waits } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { connectRedis, redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
const patient = { timeout: 60_000, interval: 50 };
let scene: Scene;

describe.skipIf(redisUrl === undefined)('job schedulers', { timeout: TIMEOUT }, () => {
  let engine: BullmqEngine;
  let queue: Queue;

  eachScene({ timeout: TIMEOUT, isQuiet: true }, (made) => {
    scene = made;
  });
  beforeEach(async () => {
    engine = await scene.engine();
    queue = scene.queue('schedulers');
  });

  const start = (): ScheduledStart => ({ workflowType: sleeps, taskQueue: scene.taskQueue, args: [1] });

  /** Ids and results of all runs, oldest first. */
  const runs = async (): Promise<{ readonly ids: string[]; readonly open: number }> => {
    const ids: string[] = [];
    let open = 0;
    for await (const { workflowId, status } of engine.client.workflow.list()) {
      ids.push(workflowId);
      if (status.name === 'RUNNING') open++;
    }
    return { ids: ids.toSorted(), open };
  };

  /** A process that takes the next job of a scheduler and dies with it. */
  const dyingTaker = async (): Promise<string> => {
    const connection = connectRedis();
    connection.options.maxRetriesPerRequest = null;
    const prefix = scene.keys.tag('default');
    const name = queueName('', 'schedulers');
    const worker = new Worker(name, undefined, { connection, prefix, lockDuration: 500 });
    for (;;) {
      const job = await worker.getNextJob('dies');
      if (job === undefined) continue;
      await worker.close();
      connection.disconnect();
      return job.id ?? '';
    }
  };

  test('start a run each time, with an id that says when', async () => {
    await scene.work(engine);
    await scene.work(await scene.engine());
    const every = 300;
    const next = await engine.jobSchedulers.upsert('often', { every, limit: 5 }, start());
    expect(next.getTime()).toBeLessThanOrEqual(Date.now());
    await expect.poll(runs, patient).toMatchObject({ ids: { length: 5 }, open: 0 });
    const { ids } = await runs();
    const times = ids.map((id) => new Date(id.replace(/^often\//, '')).getTime());
    for (const [index, time] of times.slice(1).entries()) {
      // Late ones leave out what they have missed, and stay in step.
      expect((time - (times[index] ?? 0)) % every).toBe(0);
    }
    expect(await queue.getJobCounts()).toMatchObject({ active: 0, waiting: 0, delayed: 0, failed: 0 });
  });

  test('that are taken by a process that dies start their run all the same, once', async () => {
    await engine.jobSchedulers.upsert('often', { every: 300, limit: 4 }, start());
    // Before it could start the run.
    await dyingTaker();
    // When it had started the run already.
    const [, , at] = (await dyingTaker()).split(':');
    const workflowId = `often/${new Date(Number(at)).toISOString()}`;
    await engine.client.workflow.start(sleeps, { taskQueue: scene.taskQueue, workflowId, args: [1] });
    await scene.work(engine);
    await expect.poll(runs, patient).toMatchObject({ ids: { length: 4 }, open: 0 });
    await expect.poll(() => queue.getActiveCount(), patient).toBe(0);
    const { ids } = await runs();
    expect(ids).toContain(workflowId);
    expect(new Set(ids).size).toBe(4);
    expect(await queue.getFailedCount()).toBe(0);
  });

  test('may skip while the last run is open', async () => {
    await scene.work(engine);
    const skipping: ScheduledStart = { workflowType: waits, taskQueue: scene.taskQueue, overlap: 'skip' };
    await engine.jobSchedulers.upsert('one', { every: 200 }, skipping);
    await expect.poll(runs, patient).toMatchObject({ ids: { length: 1 }, open: 1 });
    const [info] = await engine.jobSchedulers.list();
    const jobs = async (): Promise<number> => (await engine.jobSchedulers.list())[0]?.iterations ?? 0;
    await expect.poll(jobs, patient).toBeGreaterThan((info?.iterations ?? 0) + 3);
    const { ids } = await runs();
    expect(ids).toHaveLength(1);
    await engine.client.workflow.getHandle(ids[0] ?? '').signal(finish, 'done');
    await expect.poll(runs, patient).toMatchObject({ ids: { length: 2 }, open: 1 });
    await engine.jobSchedulers.remove('one');
    expect(await connectAndGet(scene.keys.latestStarts('default'))).toEqual({});
  });

  test('that have come to their end have no next start; those that only wait for a worker have', async () => {
    const { jobSchedulers } = engine;
    const nexts = async (): Promise<Record<string, Date | undefined>> =>
      Object.fromEntries((await jobSchedulers.list()).map(({ id, next }) => [id, next]));
    const ends = { limited: { every: 3_600_000, limit: 1 }, dated: { every: 1, endDate: Date.now() + 3_000 } };
    for (const [id, repeat] of Object.entries(ends)) await jobSchedulers.upsert(id, repeat, start());
    await expect.poll(() => Date.now(), patient).toBeGreaterThan(ends.dated.endDate);
    expect(await nexts()).toEqual({ limited: expect.any(Date) as unknown, dated: expect.any(Date) as unknown });
    await scene.work(engine);
    await expect.poll(nexts, patient).toEqual({ limited: undefined, dated: undefined });
  });

  test('start agents too', async () => {
    await engine.jobSchedulers.upsert(
      'digest',
      { pattern: '0 7 * * *' },
      agentStart('digest', { input: 'What is new?' }),
    );
    expect(await engine.jobSchedulers.list()).toMatchObject([{ workflowType: 'perdureAgent', taskQueue: 'perdure' }]);
  });

  test('are listed, changed and removed', async () => {
    const pattern = '0 2 * * *';
    const next = await engine.jobSchedulers.upsert('nightly', { pattern, tz: 'Europe/Berlin' }, start());
    expect(next.toLocaleTimeString('de', { timeZone: 'Europe/Berlin' })).toBe('02:00:00');
    const startDate = new Date(Date.now() + 3_600_000);
    await engine.jobSchedulers.upsert('hourly', { every: 3_600_000, startDate }, start());
    const { taskQueue } = scene;
    const common = { workflowType: 'sleeps', taskQueue, iterations: 1 };
    const hourly = { ...common, id: 'hourly', next: startDate, repeat: { every: 3_600_000 } };
    const nightly = { ...common, id: 'nightly', next, repeat: { pattern, tz: 'Europe/Berlin' } };
    const listed = await engine.jobSchedulers.list();
    expect(listed.toSorted((a, b) => a.id.localeCompare(b.id))).toMatchObject([hourly, nightly]);
    await engine.jobSchedulers.upsert('nightly', { pattern: '0 3 * * *' }, { ...start(), taskQueue: 'other' });
    expect(await engine.jobSchedulers.list()).toContainEqual(
      expect.objectContaining({ id: 'nightly', taskQueue: 'other' }),
    );
    expect(await engine.jobSchedulers.remove('nightly')).toBe(true);
    expect(await engine.jobSchedulers.remove('nightly')).toBe(false);
    expect(await engine.jobSchedulers.remove('hourly')).toBe(true);
    expect(await queue.getJobCounts()).toMatchObject({ delayed: 0, waiting: 0 });
  });

  test.for<[string, string, RepeatOptions, Partial<ScheduledStart>]>([
    ['', 'id', { every: 1000 }, {}],
    ['a:b', 'id', { every: 1000 }, {}],
    ['x', 'repeat', {}, {}],
    ['x', 'repeat', { every: 1000, pattern: '* * * * *' }, {}],
    ['x', 'repeat.every', { every: 0.5 }, {}],
    ['x', 'repeat.pattern', { pattern: '61 * * * *' }, {}],
    ['x', 'repeat.pattern', { pattern: 'at noon' }, {}],
    ['x', 'repeat.pattern', { pattern: ' ' }, {}],
    ['x', 'repeat.tz', { pattern: '* * * * *', tz: 'Mars/Olympus' }, {}],
    ['x', 'repeat.startDate', { every: 1000, startDate: 'soon' }, {}],
    ['x', 'repeat.endDate', { every: 1000, endDate: 0 }, {}],
    ['x', 'repeat.limit', { every: 1000, limit: 0 }, {}],
    ['x', 'repeat.immediately', { pattern: '* * * * *', immediately: true, startDate: Date.now() }, {}],
    ['x', 'start', { every: 1000 }, { taskQueue: '' }],
    ['x', 'start', { every: 1000 }, { args: [1n] }],
    ['x', 'start.overlap', { every: 1000 }, { overlap: 'cancel' as 'skip' }],
  ])('%j with a wrong %s is refused before anything is stored', async ([id, path, repeat, wrong]) => {
    const upsert = engine.jobSchedulers.upsert(id, repeat, { ...start(), ...wrong });
    await expect(upsert).rejects.toMatchObject({ name: 'ConfigurationError', path });
    expect(await engine.jobSchedulers.list()).toEqual([]);
    expect(await queue.getJobCounts()).toMatchObject({ delayed: 0, waiting: 0 });
  });

  test('a start that cannot be fails its job, where people see it', async () => {
    await scene.work(engine);
    await engine.jobSchedulers.upsert('wrong', { every: 60_000 }, { ...start(), taskQueue: 'q'.repeat(1001) });
    await expect.poll(() => queue.getFailedCount(), patient).toBe(1);
    expect((await queue.getFailed())[0]?.failedReason).toContain('taskQueue length exceeds limit');
    expect(scene.errors.splice(0)).toHaveLength(1);
  });

  const connectAndGet = async (key: string): Promise<Record<string, string>> => {
    const redis = connectRedis();
    try {
      return await redis.hgetall(key);
    } finally {
      redis.disconnect();
    }
  };
});
