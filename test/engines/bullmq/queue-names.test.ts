import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { eachScene } from './each-scene.ts';
import { ends } from './fixtures/workflows.ts';
import type { Scene } from './scene.ts';
import { connectRedis, redisUrl } from './support.ts';

/** No measure of speed: also machines with a lot else to do come to an end. */
const TIMEOUT = 180_000;
let scene: Scene;
let redis: Redis;

describe.skipIf(redisUrl === undefined)('keys of queues and of runs', { timeout: TIMEOUT }, () => {
  eachScene({ timeout: TIMEOUT, isQuiet: false }, (made) => {
    scene = made;
  });
  beforeEach(() => {
    redis = connectRedis();
  });
  afterEach(() => redis.disconnect());

  test.each([
    ['by', 'id'],
    ['run', 'lock'],
    ['~run', 'lock'],
    ['expected', 'meta'],
    ['current', 'w'],
    ['~schedulers', 'w'],
  ])('do not meet: task queue %s, workflow id %s', async (taskQueue, workflowId) => {
    const engine = await scene.engine();
    await scene.work(engine, { taskQueue });
    const handle = await engine.client.workflow.start(ends, { taskQueue, workflowId });
    expect(await handle.result()).toBe(0);
    const listed = [];
    for await (const { workflowId: id, status } of engine.client.workflow.list()) listed.push([id, status.name]);
    expect(listed).toEqual([[workflowId, 'COMPLETED']]);
    expect(scene.errors).toEqual([]);
  });

  test.each([
    ['~by:start', 'a list', async (key: string) => redis.rpush(key, 'x')],
    ['~by:type:ends', 'a list', async (key: string) => redis.rpush(key, 'x')],
    ['~unfinished', 'a string', async (key: string) => redis.set(key, 'x')],
    ['queue:id', 'no number', async (key: string) => redis.set(key, 'x')],
    ['queue:events', 'a list', async (key: string) => redis.rpush(key, 'x')],
    ['queue:marker', 'a list', async (key: string) => redis.rpush(key, 'x')],
    ['queue:pc', 'a list', async (key: string) => redis.rpush(key, 'x')],
  ])('a commit writes nothing when %s is %s', async (name, _what, spoil) => {
    const engine = await scene.engine();
    const { taskQueue } = scene;
    const key = `${scene.keys.tag('default')}:${name}`;
    const names = async (): Promise<string[]> =>
      (await redis.keys(`${scene.keys.tag('default')}:*`)).filter((found) => !found.endsWith('~keeper'));
    await spoil(key);
    const before = await names();
    const start = engine.client.workflow.start(ends, { taskQueue, workflowId: 'w', priority: { priorityKey: 1 } });
    await expect(start).rejects.toMatchObject({ cause: { code: 13, details: expect.stringContaining(key) as string } });
    expect(await names()).toEqual(before);
  });

  test('a close writes nothing when the size of closed runs is no number', async () => {
    const engine = await scene.engine();
    const handle = await engine.client.workflow.start(ends, { taskQueue: scene.taskQueue, workflowId: 'w' });
    const size = `${scene.keys.base('default')}bytes`;
    await redis.set(size, 'many');
    await expect(handle.terminate()).rejects.toMatchObject({
      cause: { code: 13, details: expect.stringContaining(size) as string },
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');
  });
});
