import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { bundle, Scene } from './scene.ts';
import { connectRedis, redisUrl } from './support.ts';

/** While versions are changed, processes of both share a Redis. */
describe.skipIf(redisUrl === undefined)('a run that a newer version has written', () => {
  let code: WorkflowBundleWithSourceMap;
  let scene: Scene;

  beforeAll(async () => {
    code = await bundle();
  }, 60_000);
  beforeEach(() => {
    scene = new Scene(code);
  });
  afterEach(() => scene.close());

  test('is left to processes of that version', async () => {
    const client = connectRedis();
    const engine = await scene.engine();
    const handle = await engine.client.workflow.start('ends', {
      taskQueue: scene.taskQueue,
      workflowId: 'w',
      args: [],
    });
    const run = scene.keys.run({ namespace: 'default', workflowId: 'w', runId: handle.firstExecutionRunId });
    const text = (await client.hget(run, 'rec')) ?? '';
    await client.hset(run, 'rec', text.replace('"version":1', '"version":2'));
    const stop = await scene.work(engine);
    const newer = expect.objectContaining({ name: 'StoreError', code: 'newer-version' });
    await expect.poll(() => scene.errors, { timeout: 10_000 }).toContainEqual(newer);
    await stop();
    const queue = scene.queue();
    expect(await queue.getFailedCount()).toBe(0);
    expect(await queue.getJobState(handle.firstExecutionRunId)).not.toBe('failed');
    // One of that version does it.
    await client.hset(run, 'rec', text);
    await scene.work(await scene.engine());
    expect(await handle.result()).toBe(0);
    client.disconnect();
  }, 60_000);
});
