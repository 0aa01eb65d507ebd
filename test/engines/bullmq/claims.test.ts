import { DelayedError, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Claims } from '../../../src/engines/bullmq/claims.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { settingsOf } from '../../../src/engines/bullmq/settings.ts';
import { until } from '../../support/redis-process.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('jobs that are taken', () => {
  let client: Redis;
  let keys: Keys;
  let queue: Queue;

  beforeEach(() => {
    client = connectRedis();
    client.options.maxRetriesPerRequest = null;
    keys = ownKeys();
    queue = new Queue('q', { connection: { url: redisUrl ?? '' }, prefix: keys.tag('default') });
  });
  afterEach(async () => {
    await queue.close();
    client.disconnect();
  });

  test('keep their lock also when they came back to the process that had them, and has not let go of them yet', async () => {
    const activations: PromiseWithResolvers<void>[] = [];
    const claims = new Claims({
      client,
      keys,
      namespace: 'default',
      kind: 'runs',
      settings: settingsOf({ workers: { lockDuration: 4500, stalledInterval: 100 } }, {}).workersOf,
      concurrency: 10,
      hold: async () => {
        const over = Promise.withResolvers<void>();
        activations.push(over);
        await over.promise;
        throw new DelayedError();
      },
      onLost: () => undefined,
      giveBack: async () => activations.forEach(({ resolve }) => resolve()),
      onError: () => undefined,
    });
    claims.begin('q');
    await queue.add('job', {}, { jobId: 'job' });
    const prefix = `${keys.tag('default')}:q:`;
    const isHeldBy = async (count: number): Promise<boolean> =>
      activations.length === count && (await client.exists(`${prefix}job:lock`)) === 1;
    await until(() => isHeldBy(1), 'the job is taken');
    // It stalls: its lock is gone, and BullMQ gives it to whoever asks.
    await client.del(`${prefix}job:lock`);
    await until(() => isHeldBy(2), 'the job is taken once more');
    activations[0]?.resolve();
    // Nobody takes it a third time as long as the second one has it.
    const renewals = { count: 0, left: 0 };
    await until(async () => {
      const left = await client.pttl(`${prefix}job:lock`);
      if (left > renewals.left) renewals.count++;
      renewals.left = left;
      return renewals.count >= 3 || activations.length > 2;
    }, 'the lock is prolonged');
    expect(activations.length).toBe(2);
    await claims.close();
  });
});
