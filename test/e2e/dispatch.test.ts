import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { bundleWorkflowCode, Runtime, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporalAddress } from '../conformance/targets/temporal.ts';
import * as activities from '../runtime/dispatch/activities.ts';
import { createHarness, type Harness } from '../runtime/dispatch/harness.ts';
import type * as workflows from '../runtime/dispatch/workflows/index.ts';

const workflowsPath = fileURLToPath(new URL('../runtime/dispatch/workflows/index.ts', import.meta.url));

let harness: Harness;
let workflowBundle: WorkflowBundle;

beforeAll(async () => {
  const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} };
  Runtime.install({ logger: quiet });
  harness = await createHarness(temporalAddress);
  await harness.client.connection.operatorService
    .addSearchAttributes({ namespace: 'default', searchAttributes: { DispatchKeyword: 2 } })
    .catch(() => undefined); // it is there already
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet });
});
afterAll(() => harness?.close());

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 2 }, { maxCachedWorkflows: 0 }])(
  'our dispatcher on a real server, $maxCachedWorkflows workflows cached',
  (options) => {
    let taskQueue: string;
    let worker: Worker;
    let running: Promise<void>;

    beforeAll(async () => {
      taskQueue = `dispatch-${randomUUID()}`;
      worker = await harness.createWorker({ taskQueue, workflowBundle, activities, ...options });
      running = worker.run();
    });
    afterAll(async () => {
      worker.shutdown();
      await running;
    });

    const start = (type: keyof typeof workflows, ...args: unknown[]) =>
      harness.client.workflow.start(type, { taskQueue, workflowId: `${type}-${randomUUID()}`, args });

    /** Starts, awaits the result, and has the official replayer check the history. */
    const run = async (type: keyof typeof workflows, ...args: unknown[]): Promise<unknown> => {
      const handle = await start(type, ...args);
      const result = await handle.result();
      await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
      return result;
    };

    it('calls activities, and has them retried', async () => {
      expect(await run('hello', 'you')).toBe('Hello, you!');
      expect(await run('retried')).toBe(3);
    });

    it('fires and cancels timers', async () => {
      expect(await run('timers')).toEqual(['true', 'cancelled', 'false']);
    });

    it('cancels activities in all three ways', async () => {
      expect(await run('cancelActivities')).toEqual([
        'acts early',
        'acts true',
        'waiting early',
        'waiting true',
        'abandoning early',
        'abandoning true',
      ]);
    });

    it('starts, signals and cancels children', async () => {
      expect(await run('children')).toEqual([
        'child got x',
        'child failed',
        'WorkflowExecutionAlreadyStartedError',
        'signalled',
        'early',
        'TRY_CANCEL true',
        'WAIT_CANCELLATION_COMPLETED true',
        'WAIT_CANCELLATION_REQUESTED true',
        'ABANDON true',
      ]);
    });

    it('signals and cancels other workflows', async () => {
      const other = await start('target');
      expect(await run('external', other.workflowId)).toEqual([
        'Unable to signal external workflow because it was not found',
        'Unable to cancel external workflow because not found',
        'true',
      ]);
      expect(await other.result()).toBe('from outside, cancelled');
    });

    it('accepts, rejects and completes updates, and answers queries in between', async () => {
      const handle = await start('counter', 3);
      expect(await handle.executeUpdate('add', { args: [1] })).toBe(1);
      expect(await handle.query('state')).toBe('total 1');
      await expect(handle.executeUpdate('add', { args: [-1] })).rejects.toThrow(WorkflowUpdateFailedError);
      await expect(handle.executeUpdate('add', { args: [-2] })).rejects.toThrow(WorkflowUpdateFailedError);
      await expect(handle.executeUpdate('add', { args: [13] })).rejects.toThrow(WorkflowUpdateFailedError);
      const slow = await handle.startUpdate('add', { args: [200], waitForStage: 'ACCEPTED' });
      expect(await handle.executeUpdate('add', { args: [2] })).toBeGreaterThan(2);
      expect(await slow.result()).toBeGreaterThan(200);
      expect(await Promise.all([1, 2, 3].map(() => handle.executeUpdate('add', { args: [1] })))).toHaveLength(3);
      expect(await handle.query('state')).toBe('total 206');
      await handle.signal('go', '');
      expect(await handle.result()).toBe(206);
      expect(await handle.query('state')).toBe('total 206');
      await Worker.runReplayHistory({ workflowBundle }, await handle.fetchHistory(), handle.workflowId);
    });

    it('lets an update end that ends the workflow', async () => {
      const handle = await start('updateWhileEnding');
      expect(await handle.executeUpdate('add', { args: [7] })).toBe(7);
      expect(await handle.result()).toBe('ended');
    });

    it('continues as new', async () => {
      const handle = await start('continues', 3);
      expect(await handle.result()).toBe('continued');
    });

    it('records patches', async () => {
      expect(await run('patchedFlow')).toEqual(['a', 'a again', 'c']);
    });

    it('changes memo and search attributes', async () => {
      expect(await run('attributes')).toBe('second');
    });

    it('gives the same random numbers as the official core', async () => {
      expect(await run('random')).toHaveLength(3);
    });

    it('does many steps, and many runs at once', async () => {
      expect(await run('manySteps', 30)).toBe(30);
      const results = await Promise.all(Array.from({ length: 20 }, (_, i) => run('hello', String(i))));
      expect(results).toEqual(Array.from({ length: 20 }, (_, i) => `Hello, ${i}!`));
    });

    it('runs local activities', async () => {
      expect(await run('localGreeting')).toBe('Hello, local!');
    });

    it('fails the task of an unknown workflow, and goes on', async () => {
      const handle = await harness.client.workflow.start('nowhere', { taskQueue, workflowId: randomUUID() });
      await expect.poll(async () => (await handle.fetchHistory()).events?.length).toBeGreaterThan(3);
      await handle.terminate();
      expect(await run('hello', 'again')).toBe('Hello, again!');
    });

    it('takes up a reset run', async () => {
      const handle = await start('random');
      await handle.result();
      const { runId } = await harness.client.workflowService.resetWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId: handle.workflowId, runId: handle.firstExecutionRunId },
        reason: 'test',
        workflowTaskFinishEventId: 4 as never,
        requestId: randomUUID(),
      });
      expect(await harness.client.workflow.getHandle(handle.workflowId, runId).result()).toHaveLength(3);
    });
  },
);
