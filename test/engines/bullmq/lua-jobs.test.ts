import { randomUUID } from 'node:crypto';
import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADD_JOB, ADOPT, DROP_JOB, PARK, REVIVE, WAKE } from '../../../src/engines/bullmq/lua-jobs.ts';
import { Script } from '../../../src/engines/bullmq/redis.ts';
import { connectRedis, redisUrl } from './support.ts';

const all = [ADD_JOB, DROP_JOB, ADOPT, PARK, WAKE, REVIVE].map((text) => new Script(text));
const [add, drop, adopt, park, wake, revive] = all as [Script, Script, Script, Script, Script, Script];
const options = JSON.stringify({ attempts: 1, removeOnComplete: true });

/** What our scripts do to BullMQ's keys, against the BullMQ that is installed. */
describe.skipIf(redisUrl === undefined)('scripts on jobs', () => {
  let redis: Redis;
  let queue: Queue;
  let tag: string;
  let prefix: string;
  const workers: Worker[] = [];

  beforeAll(() => {
    redis = connectRedis();
    tag = `{test-${randomUUID()}}`;
    prefix = `${tag}:q:`;
    queue = new Queue('q', { connection: redis, prefix: tag });
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await queue.close();
    redis.disconnect();
  });

  const addJob = async (id: string, delay = 0, priority = 0): Promise<unknown> =>
    add.run(redis, [prefix], [id, 'job', '{"a":1}', options, priority, 1000, 1000 + delay]);

  /** A worker without a loop: jobs are taken one by one. */
  const taker = (): Worker => {
    const connection = connectRedis();
    connection.options.maxRetriesPerRequest = null;
    const worker = new Worker('q', undefined, { connection, prefix: tag, lockDuration: 60_000 });
    workers.push(worker);
    return worker;
  };

  const fields = async (id: string): Promise<Record<string, string>> => redis.hgetall(`${prefix}${id}`);

  test('a job is what BullMQ would have made of it', async () => {
    await queue.add('job', { a: 1 }, { jobId: 'theirs', attempts: 1, removeOnComplete: true, timestamp: 1000 });
    expect(await addJob('ours')).toBe(1);
    const [theirs, ours] = await Promise.all([fields('theirs'), fields('ours')]);
    expect({ ...ours, opts: '' }).toEqual({ ...theirs, opts: '' });
    expect(JSON.parse(theirs['opts'] ?? '')).toMatchObject(JSON.parse(ours['opts'] ?? '') as object);
    expect(await redis.lrange(`${prefix}wait`, 0, -1)).toEqual(['ours', 'theirs']);
    expect(await queue.getJobState('ours')).toBe('waiting');
    expect(await addJob('ours')).toBe(0);
    expect(await queue.getWaitingCount()).toBe(2);
    await queue.drain();
  });

  test('a job that nobody has is taken back as a whole, one that somebody has is left alone', async () => {
    const known = async (): Promise<string[]> => (await redis.keys(`${prefix}*`)).toSorted();
    await addJob('before-d');
    const [worker, before] = [taker(), await known()];
    for (const id of ['ours-d', 'theirs-d']) await addJob(id);
    expect(await drop.run(redis, [prefix], ['ours-d'])).toBe(1);
    await (await queue.getJob('theirs-d'))?.remove();
    expect(await known()).toEqual(before);
    expect(await drop.run(redis, [prefix], ['ours-d'])).toBe(0);
    const held = await worker.getNextJob('d');
    expect(await drop.run(redis, [prefix], ['before-d'])).toBe(0);
    expect(await held?.getState()).toBe('active');
    await held?.moveToCompleted('', 'd', false);
  });

  test('a job with a priority is what BullMQ would have made of it', async () => {
    await queue.add('job', { a: 1 }, { jobId: 'plain-p' });
    await queue.add('job', { a: 1 }, { jobId: 'theirs-p', attempts: 1, priority: 2, timestamp: 1000 });
    await addJob('ours-p', 0, 2);
    const [theirs, ours] = await Promise.all([fields('theirs-p'), fields('ours-p')]);
    expect({ ...ours, opts: '' }).toEqual({ ...theirs, opts: '' });
    // Those without a priority are in the middle from now on, whoever adds or wakes them.
    await addJob('last-p', 0, 4);
    await addJob('late-p');
    const run = `${tag}:run:woken-p`;
    await addJob('woken-p', 3_600_000);
    await wake.run(redis, [run, prefix], ['woken-p', 'job', '{}', options, 0, 1000]);
    const order = ['theirs-p', 'ours-p', 'woken-p', 'plain-p', 'late-p', 'last-p'];
    expect(await redis.zrange(`${prefix}prioritized`, '0', '-1')).toEqual(order);
    expect(await queue.getCountsPerPriority([0, 2, 3, 4])).toEqual({ 0: 0, 2: 2, 3: 3, 4: 1 });
    const worker = taker();
    for (const id of order) {
      const job = await worker.getNextJob('token');
      expect(job.id).toBe(id);
      await job.moveToCompleted('done', 'token', false);
    }
    await redis.hdel(`${prefix}meta`, 'prioritised');
  });

  test('putting a job aside lets another one be taken where the queue has a bound', async () => {
    await queue.setGlobalConcurrency(1);
    const run = `${tag}:run:bound`;
    await redis.hset(run, 'rev', 1, 'rec', '{}');
    await addJob('bound');
    const worker = taker();
    const job = await worker.getNextJob('token');
    await addJob('next');
    const marker = `${prefix}marker`;
    await redis.del(marker);
    await addJob('after');
    expect(await redis.zscore(marker, '0')).toBeNull();
    expect(await worker.getNextJob('token', { block: false })).toBeUndefined();
    const far = Date.now() + 3_600_000;
    const activation = String(job.attemptsStarted);
    expect(await park.run(redis, [run, prefix], ['bound', 'token', activation, 'p', 1, Date.now(), far])).toBe(1);
    expect(await redis.zscore(marker, '0')).toBe('0');
    expect((await worker.getNextJob('token'))?.id).toBe('next');
    await queue.removeGlobalConcurrency();
    await queue.obliterate({ force: true });
  });

  test('a delayed job is what BullMQ would have made of it', async () => {
    const delay = 3_600_000;
    await queue.add('job', { a: 1 }, { jobId: 'theirs-d', attempts: 1, delay, timestamp: 1000 });
    await addJob('ours-d', delay);
    const [theirs, ours] = await Promise.all([fields('theirs-d'), fields('ours-d')]);
    expect({ ...ours, opts: '' }).toEqual({ ...theirs, opts: '' });
    // BullMQ counts jobs of the same millisecond apart.
    const scores = await redis.zmscore(`${prefix}delayed`, 'theirs-d', 'ours-d');
    expect(scores.map((score) => Math.floor(Number(score) / 4096))).toEqual([1000 + delay, 1000 + delay]);
    await queue.remove('theirs-d');
    await queue.remove('ours-d');
  });

  test('a worker of BullMQ takes it, and finishes it', async () => {
    await addJob('plain');
    const worker = taker();
    const job = await worker.getNextJob('token');
    expect([job.id, job.name, job.data]).toEqual(['plain', 'job', { a: 1 }]);
    await job.moveToCompleted('done', 'token', false);
    expect(await queue.getJob('plain')).toBeUndefined();
  });

  test('only who holds a job adopts its run or puts it aside', async () => {
    const run = `${tag}:run:held`;
    const expected = `${tag}:expected:held`;
    const history = `${tag}:hist:held`;
    await redis.rpush(history, '1:a', '4:b');
    await redis.hset(run, 'rev', 7, 'last', 3, 'rec', '{}', 'time', 9);
    await addJob('held');
    const worker = taker();
    const job = await worker.getNextJob('token');
    const activation = String(job.attemptsStarted);
    const far = Date.now() + 3_600_000;
    expect(await adopt.run(redis, [run, prefix, expected, history], ['held', 'other', activation, 'p'])).toBe(0);
    expect(await adopt.run(redis, [run, prefix, expected, history], ['held', 'token', '9', 'p'])).toBe(0);
    const adopted = (await adopt.run(
      redis,
      [run, prefix, expected, history],
      ['held', 'token', activation, 'p'],
    )) as Buffer[];
    expect(adopted.map(String)).toEqual(['7', '3', '{}', '9', '0', '1:a,4:b']);
    expect(await redis.hget(run, 'owner')).toBe('p');
    // It has changed since.
    expect(await park.run(redis, [run, prefix], ['held', 'token', activation, 'p', 6, Date.now(), far])).toBe(0);
    expect(await park.run(redis, [run, prefix], ['held', 'token', '9', 'p', 7, Date.now(), far])).toBe(-1);
    expect(await queue.getJobState('held')).toBe('active');
    expect(await park.run(redis, [run, prefix], ['held', 'token', activation, 'p', 7, Date.now(), far])).toBe(1);
    expect(await queue.getJobState('held')).toBe('delayed');
    expect(await redis.exists(`${prefix}held:lock`)).toBe(0);
    expect(await redis.hget(run, 'owner')).toBeNull();
    await queue.remove('held');
  });

  test('one that was put aside is woken before those that wait', async () => {
    const run = `${tag}:run:woken`;
    await redis.hset(run, 'rev', 1, 'rec', '{}');
    await addJob('woken', 3_600_000);
    await addJob('waits');
    expect(String(await wake.run(redis, [run, prefix], ['woken', 'job', '{}', options, 0, 1000]))).toBe('');
    const worker = taker();
    expect((await worker.getNextJob('t1'))?.id).toBe('woken');
    expect((await worker.getNextJob('t2'))?.id).toBe('waits');
    // One that is there already is left alone; one that is lost is made anew.
    await wake.run(redis, [run, prefix], ['woken', 'job', '{}', options, 0, 1000]);
    expect(await queue.getActiveCount()).toBe(2);
    await wake.run(redis, [run, prefix], ['lost', 'job', '{}', options, 0, 1000]);
    expect(await queue.getJobState('lost')).toBe('waiting');
  });

  test('one that has failed is made anew, by who wakes it and by who misses it', async () => {
    await queue.obliterate({ force: true });
    const worker = taker();
    const run = `${tag}:run:broken`;
    const input = ['broken', 'job', '{"a":2}', options, 0, 1000];
    const scripts = [async () => wake.run(redis, [run, prefix], input), async () => revive.run(redis, [prefix], input)];
    await addJob('broken');
    for (const script of scripts) {
      await (await worker.getNextJob('t1')).moveToFailed(new Error('a mistake'), 't1', false);
      expect(await queue.getJobState('broken')).toBe('failed');
      await script();
      expect(await queue.getJobCounts('waiting', 'failed', 'active')).toEqual({ waiting: 1, failed: 0, active: 0 });
      const { opts: _, ...anew } = await fields('broken');
      expect(anew).toEqual({ name: 'job', data: '{"a":2}', timestamp: '1000', delay: '0', priority: '0' });
    }
    const job = await worker.getNextJob('t1');
    await job.moveToCompleted('done', 't1', false);
    expect(await queue.getJob('broken')).toBeUndefined();
  });

  test('only one that nobody would ever take is missed', async () => {
    await queue.obliterate({ force: true });
    const isRevived = async (id: string): Promise<unknown> =>
      revive.run(redis, [prefix], [id, 'job', '{}', options, 0, 1000]);
    expect(await isRevived('none')).toBe(0);
    await addJob('taken');
    const worker = taker();
    await worker.getNextJob('t1');
    await addJob('waits');
    await addJob('later', 3_600_000);
    const before = await queue.getJobCounts();
    for (const id of ['taken', 'waits', 'later']) expect(await isRevived(id)).toBe(0);
    // Its holder is gone, and BullMQ will notice.
    await redis.del(`${prefix}taken:lock`);
    expect(await isRevived('taken')).toBe(0);
    expect(await queue.getJobCounts()).toEqual(before);
    await redis.lrem(`${prefix}wait`, 0, 'waits');
    expect(await isRevived('waits')).toBe(1);
    expect(await queue.getJobCounts()).toEqual(before);
    await queue.obliterate({ force: true });
  });
});
