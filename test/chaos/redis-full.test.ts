import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { connect } from '../../src/engines/bullmq/connect.ts';
import { Core } from '../../src/engines/bullmq/core.ts';
import { settingsOf } from '../../src/engines/bullmq/settings.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { hasRedisServer, RedisProcess } from '../support/redis-process.ts';
import { LOCK_MS } from './fixtures/place.ts';
import { useBundle } from './support/use-bundle.ts';
import { report } from './support/report.ts';
import { createRedisScene, finish } from './support/scene.ts';
import { TIMEOUT } from './support/sizes.ts';
import { startLarge } from './support/start-large.ts';

const bundle = useBundle();

describe.skipIf(!hasRedisServer)('a Redis without room', () => {
  test('refuses, loses nothing, and work goes on when there is room', { timeout: TIMEOUT }, async (context) => {
    const redis = await RedisProcess.start({ args: ['--appendfsync', 'always'] });
    context.onTestFinished(() => redis.stop());
    const scene = await createRedisScene(redis.url, bundle.path, context.onTestFinished);
    const { client, driven } = scene;
    const [first, second] = [scene.start(), scene.start()];
    await Promise.all([first.ready(), second.ready()]);
    // Not by an official client, which would try again for long.
    const settings = settingsOf({ redis: redis.url, prefix: scene.place.prefix }, {});
    const connections = await connect(settings.redis, () => undefined);
    const core = await Core.open(connections, settings, () => undefined);
    for (let i = 0; i < 3; i++) scene.drive({ pause: 800 });
    await Promise.all(driven.map(({ started }) => started));
    // They are in the middle of their work, with activities, timers and children.
    await redis.command('CONFIG', 'SET', 'maxmemory', `${(await redis.memory()) + 2_000_000}`);
    const accepted = [
      ...(await startUntilRefused(core.service, 20_000)),
      // Until there is not even room for little.
      ...(await startUntilRefused(core.service, 10)),
    ];
    // Nobody can say for so long that they still live.
    await delay(2 * LOCK_MS);
    // What is there can be read all the same.
    for (const { workflowId } of driven) {
      const description = client.workflow.getHandle(workflowId).describe();
      await expect(description).resolves.toMatchObject({ status: { name: 'RUNNING' } });
    }
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    for (const workflowId of accepted) await client.workflow.getHandle(workflowId).terminate();
    await core.close();
    connections.close();
    const audited = await finish(scene);
    for (const { errors } of scene.members) expect(errors).toBe('');
    report('Redis full', { accepted: accepted.length, ...audited });
  });
});

/** Starts runs that nobody works on, until one is refused, of which nothing is there. @returns the ids of those that were accepted. */
async function startUntilRefused(service: WorkflowServiceApi, bytes: number): Promise<string[]> {
  const accepted: string[] = [];
  let refusal: unknown;
  while (refusal === undefined) {
    const workflowId = `too-many-${bytes}-${accepted.length}`;
    refusal = await startLarge(service, workflowId, bytes).then(
      () => void accepted.push(workflowId),
      (error: unknown) => error,
    );
  }
  expect(refusal).toMatchObject({
    code: 14,
    details: expect.stringMatching(/^Redis has no memory left .*raise maxmemory/),
    cause: { name: 'StoreError', code: 'full' },
  });
  const query = `WorkflowId = 'too-many-${bytes}-${accepted.length}'`;
  const { executions } = await service.listWorkflowExecutions({ namespace: 'default', query });
  expect(executions ?? []).toEqual([]);
  return accepted;
}
