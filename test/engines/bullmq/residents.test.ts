import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunKey } from '../../../src/core/record.ts';
import type { Holder } from '../../../src/engines/bullmq/claims.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { Residents } from '../../../src/engines/bullmq/residents.ts';
import type { ResidentsOptions } from '../../../src/engines/bullmq/residents.ts';
import { creationOf, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

type FrontendOfResidents = ReturnType<ResidentsOptions['frontend']>;

describe.skipIf(redisUrl === undefined)('residents', () => {
  let client: Redis;
  let keys: Keys;
  let store: RedisStore;
  let queue: string;
  beforeAll(() => {
    client = connectRedis();
  });
  beforeEach(() => {
    keys = ownKeys();
    store = new RedisStore({ client, keys, process: 'here' });
    queue = `${keys.tag('default')}:queue:`;
  });
  afterAll(() => client.disconnect());

  const residentsWith = (frontend: Pick<FrontendOfResidents, 'changed' | 'forget'>): Residents =>
    new Residents({
      client,
      keys,
      store,
      process: 'here',
      frontend: () => frontend as FrontendOfResidents,
      lingerMs: 60_000,
      capacity: 10,
      onError: () => undefined,
    });

  /** A run and its job, which this process has. */
  const runWithJob = async (workflowId: string): Promise<[RunKey, Job]> => {
    const run = { ...exampleRecord(`run-of-${workflowId}`), namespace: 'default', workflowId };
    await store.commit(creationOf(run, []));
    const { namespace, runId } = run;
    await client.lpush(`${queue}active`, runId);
    await client.set(`${queue}${runId}:lock`, 'token');
    await client.hset(`${queue}${runId}`, 'ats', 1);
    const key = { namespace, workflowId, runId };
    return [key, { data: key, id: runId, attemptsStarted: 1 } as unknown as Job];
  };

  test('go when something goes wrong while they come', async () => {
    const broken = new Error('broken');
    const changed = (): never => {
      throw broken;
    };
    const residents = residentsWith({ changed, forget: () => undefined });
    const [run, job] = await runWithJob('w');
    await expect(residents.hold(job, 'token', { queue, isLeaving: false })).rejects.toBe(broken);
    expect(residents.has(run)).toBe(false);
  });

  test('go with who holds their jobs, and not with an older holder of the same queue', async () => {
    const residents = residentsWith({ changed: () => undefined, forget: () => undefined });
    const leaving: Holder = { queue, isLeaving: false };
    const staying: Holder = { queue, isLeaving: false };
    const [[first, firstJob], [second, secondJob]] = [await runWithJob('first'), await runWithJob('second')];
    const ended = residents.hold(firstJob, 'token', leaving);
    const held = residents.hold(secondJob, 'token', staying);
    await expect.poll(() => [residents.has(first), residents.has(second)]).toEqual([true, true]);
    residents.lost([second.runId], leaving);
    await Promise.all([residents.release(leaving), expect(ended).rejects.toThrow(DelayedError)]);
    expect([residents.has(first), residents.has(second)]).toEqual([false, true]);
    expect(await client.lrange(`${queue}active`, 0, -1)).toEqual([second.runId]);
    await Promise.all([residents.release(staying), expect(held).rejects.toThrow(DelayedError)]);
    expect(residents.has(second)).toBe(false);
  });
});
