import assert from 'node:assert/strict';
import { WorkflowContinuedAsNewError } from '@temporalio/client';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf, gates } from '../support.ts';
import * as workflows from '../workflows/continue-as-new.ts';

async function status(t: ScenarioContext, workflowId: string, runId?: string): Promise<string> {
  return (await t.client.workflow.getHandle(workflowId, runId).describe()).status.name;
}

type Policy = 'TERMINATE' | 'ABANDON' | 'REQUEST_CANCEL' | null;

async function overChild(t: ScenarioContext, policy: Policy): Promise<string> {
  await t.startWorker();
  const child = t.workflowId('child');
  const handle = await t.start(workflows.continueOverChild, { args: [policy, child] });
  await t.waitForEvent({ workflowId: child }, 'WorkflowTaskCompleted');
  await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
  await handle.signal(workflows.release);
  assert.equal(await handle.result(), 'continued');
  return child;
}

async function current(t: ScenarioContext, handle: WorkflowHandleWithFirstExecutionRunId): Promise<string> {
  return (await t.client.workflow.getHandle(handle.workflowId).describe()).runId;
}

/** Runs that go on as new runs. */
export const continueAsNew: readonly Scenario[] = topic('continue-as-new', [
  scenario('arguments are carried from run to run', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countDown, { args: [3] });
    assert.deepEqual(await handle.result(), [3, 2, 1, 0]);
    assert.equal(await status(t, handle.workflowId, handle.firstExecutionRunId), 'CONTINUED_AS_NEW');
    assert.equal(await status(t, handle.workflowId), 'COMPLETED');
  }),
  scenario('what is not said is carried over', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.continueWith, {
      args: [{}],
      memo: { note: 'kept' },
      workflowExecutionTimeout: '1 hour',
      workflowRunTimeout: '30 minutes',
      workflowTaskTimeout: '7s',
    });
    const { executionTimeoutMs, ...rest } = await handle.result();
    assert.ok(Number(executionTimeoutMs) <= 3_600_000);
    assert.deepEqual(rest, {
      workflowType: 'continueWith',
      taskQueue: t.taskQueue,
      memo: { note: 'kept' },
      searchAttributes: {},
      runTimeoutMs: 1_800_000,
      taskTimeoutMs: 7_000,
      attempt: 1,
      continued: true,
      firstIsOther: true,
      firstIsBefore: true,
    });
  }),
  scenario('type, queue, memo and timeouts may be others', async (t) => {
    const taskQueue = `${t.taskQueue}-other`;
    await t.startWorker();
    await t.startWorker({ taskQueue });
    const options = {
      taskQueue,
      memo: { note: 'new' },
      workflowRunTimeout: '20 minutes',
      workflowTaskTimeout: '5s',
    } as const;
    const about = await t.execute(workflows.continueWith, { args: [options], memo: { note: 'old', gone: true } });
    assert.equal(about['taskQueue'], taskQueue);
    assert.deepEqual(about['memo'], { note: 'new' });
    assert.equal(about['runTimeoutMs'], 1_200_000);
    assert.equal(about['taskTimeoutMs'], 5_000);
  }),
  scenario('a run may go on as another type', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.continueWith, { args: [{ workflowType: 'nothing' }] });
    await handle.result();
    assert.equal((await handle.describe()).type, 'nothing');
  }),
  scenario('the memo of the start is carried over, not what the run added to it', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.changeAndContinue, { memo: { given: 'at start' } });
    assert.deepEqual(await handle.result(), { given: 'at start' });
  }),
  scenario('all runs name the first, and each the one before', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countDown, { args: [2] });
    await handle.result();
    const [last] = await t.history(handle, await current(t, handle));
    const started = last?.workflowExecutionStartedEventAttributes;
    assert.equal(started?.firstExecutionRunId, handle.firstExecutionRunId);
    assert.notEqual(started?.continuedExecutionRunId, handle.firstExecutionRunId);
  }),
  scenario('a result follows the runs, or stays with its run', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.countDown, { args: [1] });
    await handle.result();
    const follow = t.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
    assert.deepEqual(await follow.result(), [1, 0]);
    const stay = t.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId, { followRuns: false });
    const error = await errorOf(stay.result());
    assert.ok(error instanceof WorkflowContinuedAsNewError);
    assert.equal(error.newExecutionRunId, await current(t, handle));
  }),
  scenario('a handle with the first run reaches the current one', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.continueOnRelease);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(workflows.release);
    await t.eventually(async () => (await current(t, handle)) !== handle.firstExecutionRunId);
    await t.waitForEvent({ workflowId: handle.workflowId }, 'WorkflowTaskCompleted');
    await handle.signal(workflows.release);
    assert.equal(await handle.result(), 3);
  }),
  scenario('a child of default policy is terminated', async (t) => {
    const child = await overChild(t, null);
    await t.eventually(async () => (await status(t, child)) === 'TERMINATED');
  }),
  scenario('a child whose policy is cancel is asked to cancel', async (t) => {
    const child = await overChild(t, 'REQUEST_CANCEL');
    await t.eventually(async () => (await status(t, child)) === 'CANCELLED');
  }),
  scenario('an abandoned child runs on', async (t) => {
    const child = await overChild(t, 'ABANDON');
    assert.equal(await status(t, child), 'RUNNING');
    await t.client.workflow.getHandle(child).signal(workflows.release);
    assert.equal(await t.client.workflow.getHandle(child).result(), 'released');
  }),
  scenario('timers stay behind', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.continueOverTimer), 'continued');
  }),
  scenario('the failure of a later run is that of the workflow', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.continueAndFail);
    assert.equal((await failureOf(handle.result()))[1]?.['type'], 'Second');
    assert.equal(await status(t, handle.workflowId), 'FAILED');
  }),
  scenario('each run has chances of its own', async (t) => {
    const { sinks, reported } = gates();
    await t.startWorker({ sinks });
    await t.execute(workflows.continueWithChance);
    assert.equal(new Set(reported).size, 2);
  }),
  scenario('a retry policy is carried over, and counts anew', async (t) => {
    await t.startWorker();
    const retry = { initialInterval: '20ms', backoffCoefficient: 1, maximumAttempts: 3 } as const;
    assert.deepEqual(await t.execute(workflows.continueAndRetry, { retry }), { again: true, attempt: 2 });
  }),
]);
