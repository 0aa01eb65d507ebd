import { describe, expect, test } from 'vitest';
import { validateHistory } from '../../src/core/history/validate.ts';
import { collectHistories } from '../../testing/conformance/histories.ts';
import { hasRedisServer, RedisProcess } from '../support/redis-process.ts';
import { readLedger } from './fixtures/ledger.ts';
import { expectReplay } from './support/audit.ts';
import { useBundle } from './support/use-bundle.ts';
import { report } from './support/report.ts';
import { createRedisScene, TASK_QUEUE } from './support/scene.ts';
import { KILLS, TIMEOUT } from './support/sizes.ts';
import { walk } from './workflows/walk.ts';

const [RUNS, STEPS] = [5, 60];

const bundle = useBundle();

describe.skipIf(!hasRedisServer)('a Redis that comes back without what it had acknowledged last', () => {
  test('leaves runs that go on from where they were before', { timeout: TIMEOUT }, async (context) => {
    const redis = await RedisProcess.start({ args: ['--appendfsync', 'always'] });
    context.onTestFinished(() => redis.stop());
    const scene = await createRedisScene(redis.url, bundle.path, context.onTestFinished);
    const members = [scene.start(), scene.start()];
    await Promise.all(members.map((member) => member.ready()));
    const runs: { readonly workflowId: string; readonly runId: string }[] = [];
    let forgotten = 0;
    for (let loss = 0; loss < KILLS; loss++) {
      for (let i = 0; i < RUNS; i++) {
        const workflowId = `run-${loss}-${i}`;
        const start = { taskQueue: TASK_QUEUE, workflowId, args: [STEPS] as [number] };
        const { firstExecutionRunId: runId } = await scene.client.workflow.start(walk, start);
        runs.push({ workflowId, runId });
      }
      const steps = (): number => readLedger(scene.ledger).length;
      await context.expect.poll(steps, { timeout: TIMEOUT }).toBeGreaterThan(loss * RUNS * STEPS + 2 * RUNS);
      const lose = redis.copy();
      const before = steps();
      await context.expect.poll(steps, { timeout: TIMEOUT }).toBeGreaterThan(before + 3 * RUNS);
      await lose();
      forgotten += steps() - before;
      await redis.start();
    }
    for (const { workflowId, runId } of runs) {
      const steps = await scene.client.workflow.getHandle<typeof walk>(workflowId, runId).result();
      expect(steps).toEqual(Array.from({ length: STEPS }, (_, i) => `${i}`));
    }
    for (const member of members) {
      expect(await member.stop()).toBe(0);
      expect(member.errors).toBe('');
    }
    const histories = await collectHistories(scene.client, runs);
    for (const { workflowId, history } of histories) {
      expect(validateHistory(history.events ?? []), workflowId).toEqual([]);
    }
    await expectReplay(histories, bundle.path);
    report('Redis went back', { losses: KILLS, runs: histories.length, forgottenSteps: forgotten });
  });
});
