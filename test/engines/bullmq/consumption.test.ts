import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Claims } from '../../../src/engines/bullmq/claims.ts';
import { Consumption } from '../../../src/engines/bullmq/consumption.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { settingsOf } from '../../../src/engines/bullmq/settings.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('a queue whose jobs wait', () => {
  let client: Redis;
  let keys: Keys;
  let queue: Queue;
  let consumption: Consumption;

  beforeEach(() => {
    client = connectRedis();
    client.options.maxRetriesPerRequest = null;
    keys = ownKeys();
    queue = new Queue('q', { connection: { url: redisUrl ?? '' }, prefix: keys.tag('default') });
    consumption = new Consumption({ client, queue: `${keys.tag('default')}:q:`, capacity: 1 });
  });
  afterEach(async () => {
    await queue.close();
    client.disconnect();
  });

  test('is stuck when nothing is taken from one look to the next', async () => {
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, false]);
    await queue.add('job', {});
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, true]);
  });

  test('is not when a job was taken between, or there is no room here', async () => {
    await queue.add('job', {});
    await consumption.isStuck();
    const ended = consumption.took();
    ended();
    expect(await consumption.isStuck()).toBe(false);
    const busy = consumption.took();
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, false]);
    busy();
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, true]);
  });

  test('is not when it is paused, or has as many active jobs as it may', async () => {
    await queue.add('job', {}, { priority: 2 });
    await queue.pause();
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, false]);
    await queue.resume();
    await queue.setGlobalConcurrency(1);
    await client.lpush(`${keys.tag('default')}:q:active`, 'another');
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, false]);
    await queue.setGlobalConcurrency(2);
    expect([await consumption.isStuck(), await consumption.isStuck()]).toEqual([false, true]);
  });

  test('gets a new worker when its own takes nothing any more, which is told', async () => {
    const started = vi.spyOn(Worker.prototype, 'run');
    const errors: unknown[] = [];
    const held = Promise.withResolvers<string>();
    const claims = new Claims({
      client,
      keys,
      namespace: 'default',
      kind: 'runs',
      settings: settingsOf({}, {}).workersOf,
      concurrency: 1,
      hold: async (job) => held.resolve(job.name),
      onLost: () => undefined,
      giveBack: async () => undefined,
      probeMs: 50,
      onError: (error) => errors.push(error),
    });
    claims.begin('q');
    const [first] = started.mock.contexts as Worker[];
    await first?.waitUntilReady();
    // With what it has begun to fetch: it must not get the job any more.
    await first?.pause();
    await queue.add('job', {});
    expect(await held.promise).toBe('job');
    expect(started.mock.contexts.length).toBeGreaterThan(1);
    expect(errors.slice(0, 1)).toEqual([
      expect.objectContaining({ message: expect.stringContaining('task queue q wait') as string }),
    ]);
    await claims.close();
    expect(claims.has('q')).toBe(false);
  });
});
