import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { bundleWorkflowCode, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import type { WorkflowEnvironment } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { approve, approvedBy, chargeTomorrow, needsApproval, type SameActivities } from './same-workflows.ts';

const DAY = 86_400_000;

/** Tests in terms of the official packages only; where they run is the caller's one line. */
export function runSameTests(
  name: string,
  createEnvironment: () => Promise<WorkflowEnvironment>,
  available = true,
): void {
  describe.skipIf(!available)(`the same tests on ${name}`, () => {
    let env: WorkflowEnvironment;
    let workflowBundle: WorkflowBundleWithSourceMap;
    const taskQueue = `same-${randomUUID()}`;

    beforeAll(async () => {
      const workflowsPath = fileURLToPath(new URL('./same-workflows.ts', import.meta.url));
      [env, workflowBundle] = await Promise.all([createEnvironment(), bundleWorkflowCode({ workflowsPath })]);
    }, 60_000);
    afterAll(async () => {
      await env?.teardown();
    });

    function createWorker(activities: SameActivities): Promise<Worker> {
      const { nativeConnection: connection, namespace = 'default' } = env;
      return Worker.create({ connection, namespace, taskQueue, workflowBundle, activities });
    }

    function options(): { taskQueue: string; workflowId: string } {
      return { taskQueue, workflowId: randomUUID() };
    }

    async function attempts(count: number): Promise<Worker> {
      let left = count;
      return await createWorker({
        charge: async (account) => {
          if (--left > 0) throw new Error('not yet');
          return `receipt for ${account}`;
        },
      });
    }

    it('sees a timer and an activity with retries', async ({ skip }) => {
      if (!env.supportsTimeSkipping) skip('nobody waits for a day');
      const worker = await attempts(3);
      const before = await env.currentTimeMs();
      const result = await worker.runUntil(
        env.client.workflow.execute(chargeTomorrow, { ...options(), args: ['acme'] }),
      );
      expect(result).toEqual([24, 'receipt for acme']);
      expect((await env.currentTimeMs()) - before).toBeGreaterThanOrEqual(DAY);
    });

    it('answers queries and takes signals before time runs on', async () => {
      const worker = await attempts(1);
      const result = await worker.runUntil(async () => {
        const handle = await env.client.workflow.start(needsApproval, options());
        await expect(handle.query(approvedBy)).resolves.toBeUndefined();
        await handle.signal(approve, 'Ann');
        await expect(handle.query(approvedBy)).resolves.toBe('Ann');
        return await handle.result();
      });
      expect(result).toBe('approved by Ann');
    });

    it('runs into a timeout when nobody answers', async ({ skip }) => {
      if (!env.supportsTimeSkipping) skip('nobody waits for a week');
      const worker = await attempts(1);
      const result = await worker.runUntil(env.client.workflow.execute(needsApproval, options()));
      expect(result).toBe('nobody answered');
    });

    it('sleeps into the middle of a timer', async ({ skip }) => {
      if (!env.supportsTimeSkipping) skip('nobody waits for days');
      const worker = await attempts(1);
      const result = await worker.runUntil(async () => {
        const handle = await env.client.workflow.start(needsApproval, options());
        await env.sleep('6 days');
        await handle.signal(approve, 'Ben');
        return await handle.result();
      });
      expect(result).toBe('approved by Ben');
    });

    it('cancels a timer', async () => {
      const worker = await attempts(1);
      const error = await worker.runUntil(async () => {
        const handle = await env.client.workflow.start(chargeTomorrow, { ...options(), args: ['acme'] });
        await handle.cancel();
        return await handle.result().catch((reason: unknown) => reason);
      });
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect(error).toMatchObject({ cause: expect.any(CancelledFailure) });
    });
  });
}
