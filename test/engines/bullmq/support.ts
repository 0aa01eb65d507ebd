import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Keys } from '../../../src/engines/bullmq/keys.ts';

/** The Redis of the test run; without it, tests that need it are skipped. */
export const redisUrl: string | undefined = process.env['PERDURE_TEST_REDIS_URL'];

/** A connection that does not wait for ever. */
export function connectRedis(): Redis {
  return new Redis(redisUrl ?? 'redis://127.0.0.1:1', { maxRetriesPerRequest: 5 });
}

/** Keys that no other test uses. */
export function ownKeys(): Keys {
  return new Keys(`test-${randomUUID()}`);
}
