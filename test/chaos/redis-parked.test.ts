import { describe, expect, test } from 'vitest';
import { queueName } from '../../src/engines/bullmq/keys.ts';
import { hasRedisServer, RedisProcess } from '../support/redis-process.ts';
import { useBundle } from './support/use-bundle.ts';
import { concurrently } from './support/concurrently.ts';
import { report } from './support/report.ts';
import { createRedisScene, TASK_QUEUE } from './support/scene.ts';
import { scaled, TIMEOUT } from './support/sizes.ts';
import { collect, told } from './workflows/collect.ts';

/** Runs that are started or told something at the same time. */
const AT_ONCE = 50;

const bundle = useBundle();

describe.skipIf(!hasRedisServer)('parked runs', () => {
  test('outlive a restart of everything: workers, Redis, workers', { timeout: TIMEOUT }, async (context) => {
    const count = scaled(10_000);
    // Nobody writes while it is killed, so that nothing is on its way to the disk.
    const redis = await RedisProcess.start();
    context.onTestFinished(() => redis.stop());
    const scene = await createRedisScene(redis.url, bundle.path, context.onTestFinished);
    const { client } = scene;
    const before = await redis.memory();
    const first = [scene.start(), scene.start()];
    await concurrently(count, AT_ONCE, (run) =>
      client.workflow.start(collect, { taskQueue: TASK_QUEUE, workflowId: `run-${run}`, args: [1] }),
    );
    const delayed = `${scene.keys.tag('default')}:${queueName(TASK_QUEUE)}:delayed`;
    await context.expect.poll(() => redis.command('ZCARD', delayed), { timeout: TIMEOUT, interval: 200 }).toBe(count);
    const bytes = ((await redis.memory()) - before) / count;
    const [one, two] = first;
    // One dies, one leaves in order.
    await one?.kill();
    expect(await two?.stop()).toBe(0);
    await redis.command('WAITAOF', '1', '0', '10000').catch(() => undefined);
    await redis.kill();
    await redis.start();
    const second = [scene.start(), scene.start()];
    await concurrently(count, AT_ONCE, (run) => client.workflow.getHandle(`run-${run}`).signal(told, 'sender', 0));
    let lost = 0;
    await concurrently(count, AT_ONCE, async (run) => {
      const { messages, wrong } = await client.workflow.getHandle<typeof collect>(`run-${run}`).result();
      expect({ messages, wrong }).toEqual({ messages: 1, wrong: [] });
      if (messages < 1) lost++;
    });
    for (const member of second) expect(await member.stop()).toBe(0);
    for (const { errors } of scene.members) expect(errors).toBe('');
    report('parked runs through a restart', { runs: count, lost, bytesPerRun: Math.round(bytes) });
  });
});
