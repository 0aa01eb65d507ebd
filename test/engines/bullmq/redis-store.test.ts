import { afterAll, beforeAll, describe, test } from 'vitest';
import type { Redis } from 'ioredis';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { storeScenarios } from '../../../testing/conformance/store.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('Redis store', () => {
  let client: Redis;
  beforeAll(() => {
    client = connectRedis();
  });
  afterAll(() => client.disconnect());

  for (const { name, run } of storeScenarios) {
    test(name, async () => run(new RedisStore({ client, keys: ownKeys() })));
    test(`${name}, all payloads beside it`, async () =>
      run(new RedisStore({ client, keys: ownKeys(), payloadThreshold: 0 })));
  }
});
