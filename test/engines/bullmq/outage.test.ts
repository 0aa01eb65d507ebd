import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { StoreError } from '../../../src/core/store.ts';
import { createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { quiet } from '../../conformance/targets/quiet.ts';
import { hasRedisServer, startRedis } from '../../support/redis-process.ts';
import { waits } from './fixtures/workflows.ts';
import { bundle, Scene } from './scene.ts';

/** No measure of speed, but without it nothing would ever end. */
const TIMEOUT = 120_000;
let code: WorkflowBundleWithSourceMap;

describe.skipIf(!hasRedisServer)('while Redis is away', { timeout: TIMEOUT }, () => {
  beforeAll(async () => {
    quiet();
    code = await bundle();
  }, TIMEOUT);

  test('worker and engine end, and what goes wrong is said', async ({ onTestFinished }) => {
    const server = await startRedis(onTestFinished);
    const url = `redis://127.0.0.1:${server.port}`;
    const said: unknown[] = [];
    const hear = (warning: Error): void => void said.push((warning as { code?: string }).code);
    process.on('warning', hear);
    onTestFinished(() => void process.off('warning', hear));
    const engine = await createBullmqEngine({ redis: url, workers: { linger: 60_000 } });
    const scene = new Scene(code, url);
    const { taskQueue } = scene;
    const stop = await scene.work(engine);
    const handle = await engine.client.workflow.start(waits, { taskQueue, workflowId: 'w' });
    const redis = new Redis(url);
    redis.on('error', () => undefined);
    onTestFinished(() => redis.disconnect());
    const held = `{perdure.default}:${taskQueue}:${handle.firstExecutionRunId}:lock`;
    await expect.poll(async () => redis.exists(held), { timeout: 30_000 }).toBe(1);
    await server.kill();
    await stop();
    await engine.close();
    expect(said).toContain('PERDURE_REDIS');
  });

  test('what goes by queues fails, and works again afterwards', async ({ onTestFinished }) => {
    const server = await startRedis(onTestFinished);
    const url = `redis://127.0.0.1:${server.port}`;
    const engine = await createBullmqEngine({ redis: url, onError: () => undefined });
    const { jobSchedulers } = engine;
    const all = (): Promise<unknown>[] => [
      engine.pauseTaskQueue('q'),
      engine.resumeTaskQueue('q'),
      jobSchedulers.upsert('s', { every: 60_000 }, { workflowType: waits, taskQueue: 'q' }),
      jobSchedulers.list(),
      jobSchedulers.remove('s'),
    ];
    // The first time without what an earlier call has opened, then with it.
    for (let round = 0; round < 2; round++) {
      await server.kill();
      const away = await Promise.allSettled(all());
      expect(away).toEqual(away.map(() => ({ status: 'rejected', reason: expect.any(StoreError) as unknown })));
      await server.start();
      const back = await Promise.allSettled(all());
      expect(back).toMatchObject(back.map(() => ({ status: 'fulfilled' })));
    }
    await engine.close();
  });

  test('a process that is told to end comes to its end', async ({ onTestFinished }) => {
    const server = await startRedis(onTestFinished);
    const program = fileURLToPath(new URL('fixtures/outage-member.ts', import.meta.url));
    const member = fork(program, [`redis://127.0.0.1:${server.port}`, 'queue'], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    onTestFinished(() => void member.kill('SIGKILL'));
    await once(member, 'message');
    await server.kill();
    member.send('end');
    expect(await once(member, 'exit')).toEqual([0, null]);
  });
});
