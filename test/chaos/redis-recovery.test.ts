import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { queueName } from '../../src/engines/bullmq/keys.ts';
import { INTERVAL_MS, LOCK_MS } from './fixtures/place.ts';
import { useBundle } from './support/use-bundle.ts';
import { concurrently } from './support/concurrently.ts';
import { report } from './support/report.ts';
import { createRedisScene, TASK_QUEUE } from './support/scene.ts';
import { KILLS, TIMEOUT } from './support/sizes.ts';
import { collect, told } from './workflows/collect.ts';

const RUNS = 20;

const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';
const bundle = useBundle();

describe.skipIf(url === '')('a worker that is killed with runs in its memory', () => {
  test('leaves them to another one', { timeout: TIMEOUT }, async (context) => {
    const scene = await createRedisScene(url, bundle.path, context.onTestFinished, { linger: TIMEOUT });
    const redis = new Redis(url);
    context.onTestFinished(() => redis.disconnect());
    const runs: { workflowId: string; runId: string }[] = [];
    await concurrently(RUNS, RUNS, async (index) => {
      const workflowId = `run-${index}`;
      const start = { taskQueue: TASK_QUEUE, workflowId, args: [1] as [number] };
      const { firstExecutionRunId: runId } = await scene.client.workflow.start(collect, start);
      runs.push({ workflowId, runId });
    });
    const owners = async (): Promise<(string | null)[]> =>
      await Promise.all(runs.map((run) => redis.hget(scene.keys.run({ namespace: 'default', ...run }), 'owner')));
    const active = `${scene.keys.tag('default')}:${queueName(TASK_QUEUE)}:active`;
    let holder = scene.start();
    await context.expect.poll(() => redis.llen(active), { timeout: TIMEOUT }).toBe(RUNS);
    const times: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const heir = scene.start();
      await heir.ready();
      const [before] = await owners();
      const began = performance.now();
      await holder.kill();
      while ((await owners()).includes(before ?? null)) await delay(10);
      times.push(Math.round(performance.now() - began));
      expect(holder.errors).toBe('');
      holder = heir;
    }
    await concurrently(RUNS, RUNS, async (index) => {
      const handle = scene.client.workflow.getHandle<typeof collect>(`run-${index}`);
      await handle.signal(told, 'sender', 0);
      expect(await handle.result()).toEqual({ messages: 1, wrong: [] });
    });
    expect(await holder.stop()).toBe(0);
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
    const bound = LOCK_MS + 2 * INTERVAL_MS;
    report('recovery, milliseconds', { runs: RUNS, kills: KILLS, median, slowest: Math.max(...times), bound });
  });
});
