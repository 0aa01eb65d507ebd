import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { callsSlowly, charges, sleeps, waitsToBeWoken, wakes } from './environment-workflows.ts';

const HOUR = 3_600_000;

describe('a test environment', () => {
  const environments: TestEnvironment[] = [];
  let workflowBundle: WorkflowBundleWithSourceMap;

  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('./environment-workflows.ts', import.meta.url));
    workflowBundle = await bundleWorkflowCode({ workflowsPath });
  });
  afterEach(async () => {
    await Promise.all(environments.splice(0).map((env) => env.teardown()));
  });

  async function create(startTime?: number): Promise<TestEnvironment> {
    const env = await createTestEnvironment(startTime === undefined ? {} : { startTime });
    environments.push(env);
    return env;
  }

  function options(): { taskQueue: string; workflowId: string } {
    return { taskQueue: 'test', workflowId: randomUUID() };
  }

  it('has times of its own: exact, and apart from other environments', async () => {
    const [one, two] = await Promise.all([create(0), create(5 * HOUR)]);
    const run = async (env: TestEnvironment, hours: number): Promise<number> => {
      const worker = await env.createWorker({ taskQueue: 'test', workflowBundle });
      await worker.runUntil(env.client.workflow.execute(sleeps, { ...options(), args: [`${hours} hours`] }));
      return await env.currentTimeMs();
    };
    await expect(Promise.all([run(one, 1), run(two, 100)])).resolves.toEqual([HOUR, 105 * HOUR]);
  });

  it('does not skip while an activity runs', async () => {
    const env = await create(0);
    const worker = await env.createWorker({
      taskQueue: 'test',
      workflowBundle,
      activities: { slow: async () => new Promise((resolve) => setTimeout(() => resolve('done'), 100)) },
    });
    await expect(
      worker.runUntil(env.client.workflow.execute(callsSlowly, { ...options(), args: ['1 hour'] })),
    ).resolves.toBe('done');
    await expect(env.currentTimeMs()).resolves.toBeLessThan(1000);
  });

  it('goes to the next time of a schedule while a result is awaited, and stands still otherwise', async () => {
    const env = await create(0);
    const worker = await env.createWorker({ taskQueue: 'test', workflowBundle });
    const awaited = options();
    const schedule = await env.client.schedule.create({
      scheduleId: 'alarm',
      spec: { intervals: [{ every: '1 day' }] },
      action: { type: 'startWorkflow', workflowType: wakes, taskQueue: 'test', args: [awaited.workflowId] },
    });
    await worker.runUntil(env.client.workflow.execute(waitsToBeWoken, awaited));
    await expect(env.currentTimeMs()).resolves.toBe(24 * HOUR);
    await expect(schedule.describe()).resolves.toMatchObject({ info: { numActionsTaken: 1 } });
    // The run of the second day waits for a worker, so that of the third is skipped.
    await env.sleep('60 hours');
    const info = { numActionsTaken: 2, numActionsSkippedOverlap: 1 };
    await expect(schedule.describe()).resolves.toMatchObject({ info });
  });

  it('lets an activity that never ends run into its timeout', async () => {
    const env = await create();
    const worker = await env.createWorker({
      taskQueue: 'test',
      workflowBundle,
      activities: { slow: () => new Promise(() => {}) },
      shutdownForceTime: '50ms',
    });
    const running = worker.run().catch(() => {});
    const error = await env.client.workflow
      .execute(callsSlowly, { ...options(), args: ['100ms'] })
      .catch((reason: Error) => reason.cause);
    expect(error).toBeInstanceOf(ActivityFailure);
    expect(error).toMatchObject({ cause: expect.any(TimeoutFailure) });
    worker.shutdown();
    await running;
  });

  it('lets activities sleep in its time', async () => {
    const env = await create(0);
    const worker = await env.createWorker({
      taskQueue: 'test',
      workflowBundle,
      activities: {
        slow: async () => {
          await env.sleep('30 minutes');
          return 'slept';
        },
      },
    });
    await expect(
      worker.runUntil(env.client.workflow.execute(callsSlowly, { ...options(), args: ['1 hour'] })),
    ).resolves.toBe('slept');
    await expect(env.currentTimeMs()).resolves.toBe(HOUR / 2);
  });

  it('waits out retries without waiting', async () => {
    const env = await create(0);
    let calls = 0;
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: 'test',
      workflowBundle,
      activities: {
        slow: async () => {
          if (++calls < 4) throw new Error('not yet');
          return calls;
        },
      },
    });
    await expect(worker.runUntil(env.client.workflow.execute(charges, options()))).resolves.toBe(4);
    await expect(env.currentTimeMs()).resolves.toBe(10 * 60_000 * (1 + 2 + 4));
  });

  it('does not let time pass before a worker has started', async () => {
    const env = await create(0);
    const result = env.client.workflow.execute(sleeps, {
      ...options(),
      args: ['1 hour'],
      workflowRunTimeout: '2 hours',
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const worker = await env.createWorker({ taskQueue: 'test', workflowBundle });
    await worker.runUntil(result);
    await expect(env.currentTimeMs()).resolves.toBe(HOUR);
  });

  it('refuses to end while workers run', async () => {
    const env = await create();
    const worker = await env.createWorker({ taskQueue: 'test', workflowBundle });
    await worker.runUntil(async () => {
      await expect(env.teardown()).rejects.toThrow('Workers run');
    });
  });
});
