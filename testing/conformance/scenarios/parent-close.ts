import assert from 'node:assert/strict';
import type { WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import type { ParentClosePolicy } from '@temporalio/workflow';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import { startAndLeave, startThenEnd } from '../workflows/children.ts';
import type { Child, End } from '../workflows/children.ts';
import { finish } from '../workflows/messages.ts';

interface Family {
  readonly parent: WorkflowHandle;
  readonly child: WorkflowHandle;
}

/** A parent and its child, both at rest. */
async function family(
  t: ScenarioContext,
  end: End,
  parentClosePolicy?: ParentClosePolicy,
  type = 'waitForever',
): Promise<Family> {
  await t.startWorker();
  const workflowId = t.workflowId('child');
  const options = { workflowId, ...(parentClosePolicy ? { parentClosePolicy } : {}) };
  const child: Child = { type, options };
  const parent = await t.start(startThenEnd, { args: [child, end] });
  await t.waitForEvent(parent, 'WorkflowTaskCompleted', 2);
  await t.waitForEvent({ workflowId }, 'WorkflowTaskCompleted');
  return { parent, child: t.client.workflow.getHandle(workflowId) };
}

async function becomes(t: ScenarioContext, handle: WorkflowHandle, status: string): Promise<void> {
  await t.eventually(async () => assert.equal((await handle.describe()).status.name, status));
}

/** What the end of a parent does to its children. */
export const parentClose: readonly Scenario[] = topic('parent-close', [
  scenario('children are terminated when the parent completes, by default', async (t) => {
    const { parent, child } = await family(t, 'complete');
    await parent.signal(finish);
    await parent.result();
    await becomes(t, child, 'TERMINATED');
    const last = (await t.history(child)).at(-1)?.workflowExecutionTerminatedEventAttributes;
    assert.equal(last?.reason, 'by parent close policy');
    assert.equal(last?.identity, 'history-service');
  }),
  scenario('children are terminated when the parent fails', async (t) => {
    const { parent, child } = await family(t, 'fail', 'TERMINATE');
    await parent.signal(finish);
    await failureOf(parent.result());
    await becomes(t, child, 'TERMINATED');
  }),
  scenario('children are terminated when the parent is terminated', async (t) => {
    const { parent, child } = await family(t, 'never', 'TERMINATE');
    await parent.terminate();
    await becomes(t, child, 'TERMINATED');
  }),
  scenario('children are terminated when the parent continues as new', async (t) => {
    const { parent, child } = await family(t, 'continue', 'TERMINATE');
    await parent.signal(finish);
    assert.equal(await parent.result(), 'continued');
    await becomes(t, child, 'TERMINATED');
  }),
  scenario('children are terminated when the parent is cancelled', async (t) => {
    const { parent, child } = await family(t, 'never', 'TERMINATE');
    await parent.cancel();
    await failureOf(parent.result());
    await becomes(t, child, 'TERMINATED');
  }),
  scenario(
    'abandoned children go on when the parent completes',
    async (t) => {
      const { parent, child } = await family(t, 'complete', 'ABANDON', 'collect');
      await parent.signal(finish);
      await parent.result();
      await child.signal('add', 1);
      await child.signal(finish);
      assert.deepEqual(await child.result(), [1]);
    },
    { history: { compare: 'none', reason: 'both signals may share a task' } },
  ),
  scenario('abandoned children go on when the parent continues as new', async (t) => {
    const { parent, child } = await family(t, 'continue', 'ABANDON', 'collect');
    await parent.signal(finish);
    assert.equal(await parent.result(), 'continued');
    await child.signal(finish);
    assert.deepEqual(await child.result(), []);
  }),
  scenario('abandoned children go on when the parent is terminated', async (t) => {
    const { parent, child } = await family(t, 'never', 'ABANDON', 'collect');
    await parent.terminate();
    await child.signal(finish);
    assert.deepEqual(await child.result(), []);
  }),
  scenario('children are asked to cancel when the parent completes', async (t) => {
    const { parent, child } = await family(t, 'complete', 'REQUEST_CANCEL');
    await parent.signal(finish);
    await parent.result();
    await becomes(t, child, 'CANCELLED');
    const request = (await t.history(child)).find((event) => event.workflowExecutionCancelRequestedEventAttributes);
    assert.equal(
      request?.workflowExecutionCancelRequestedEventAttributes?.externalWorkflowExecution?.workflowId,
      parent.workflowId,
    );
  }),
  scenario('children are asked to cancel when the parent is terminated', async (t) => {
    const { parent, child } = await family(t, 'never', 'REQUEST_CANCEL');
    await parent.terminate();
    await becomes(t, child, 'CANCELLED');
  }),
  scenario('children are asked to cancel when the parent continues as new', async (t) => {
    const { parent, child } = await family(t, 'continue', 'REQUEST_CANCEL');
    await parent.signal(finish);
    await parent.result();
    await becomes(t, child, 'CANCELLED');
  }),
  ...(['TERMINATE', 'ABANDON', 'REQUEST_CANCEL'] as const).map((parentClosePolicy) =>
    scenario(`a child that is asked for in the closing task is never started: ${parentClosePolicy}`, async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId('child');
      const options = { workflowId, parentClosePolicy };
      const parent = await t.start(startAndLeave, { args: [{ type: 'collect', options }] });
      assert.equal(await parent.result(), 'left');
      await t.sleep(200);
      const error = await errorOf(t.client.workflow.getHandle(workflowId).describe());
      assert.ok(error instanceof WorkflowNotFoundError);
    }),
  ),
]);
