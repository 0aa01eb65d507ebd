import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Redis } from 'ioredis';
import { RedisLists } from '../../../src/engines/bullmq/redis-lists.ts';
import { RedisStore } from '../../../src/engines/bullmq/redis-store.ts';
import { RunCodec } from '../../../src/engines/bullmq/run-codec.ts';
import { creationOf, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('lists that no index answers', () => {
  let client: Redis;

  beforeEach(() => {
    client = connectRedis();
  });
  afterEach(() => client.disconnect());

  test('look at so many runs for a page, and the next page goes on where they stopped', async () => {
    const keys = ownKeys();
    const store = new RedisStore({ client, keys });
    for (let index = 0; index < 25; index++) {
      const taskQueue = index === 3 ? 'rare' : 'usual';
      await store.commit(creationOf(exampleRecord(`w${index}`, { startTime: 1000 + index, taskQueue })));
    }
    const lists = new RedisLists(client, keys, new RunCodec({ client, keys, threshold: 1000 }), 10);
    const pages: string[][] = [];
    let cursor: string | undefined;
    do {
      const query = { namespace: 'default', taskQueue: 'rare', limit: 5 };
      const page = await lists.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
      pages.push(page.records.map(({ workflowId }) => workflowId));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(pages).toEqual([[], [], ['w3']]);
  });
});
