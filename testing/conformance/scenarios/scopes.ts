import assert from 'node:assert/strict';
import type { Workflow } from '@temporalio/common';
import type { WorkflowHandle } from '@temporalio/client';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext, StartOptions } from '../scenario.ts';
import { count, failureOf } from '../support.ts';
import * as workflows from '../workflows/scopes.ts';

/** Starts a workflow and cancels it once it waits for a timer. */
async function cancelled<T extends Workflow>(
  t: ScenarioContext,
  type: T,
  options?: StartOptions<T>,
): Promise<WorkflowHandle<T>> {
  const handle = await t.start(type, options);
  await t.waitForEvent(handle, 'TimerStarted');
  await handle.cancel();
  return handle;
}

async function cancelledFailure(t: ScenarioContext, handle: WorkflowHandle): Promise<void> {
  const names = (await failureOf(handle.result())).map(({ name }) => name);
  assert.deepEqual(names, ['WorkflowFailedError', 'CancelledFailure']);
  assert.equal((await handle.describe()).status.name, 'CANCELLED');
}

/** Cancelling runs and parts of them. */
export const scopes: readonly Scenario[] = topic('scopes', [
  scenario('a cancelled run ends as cancelled', async (t) => {
    await t.startWorker();
    await cancelledFailure(t, await cancelled(t, workflows.sleepLong));
  }),
  scenario('a cancelled run may clean up first', async (t) => {
    let cleaned = 0;
    await t.startWorker({ activities: { clean: async () => void (cleaned += 1) } });
    await cancelledFailure(t, await cancelled(t, workflows.cleanUp, { args: ['clean'] }));
    assert.equal(cleaned, 1);
  }),
  scenario('a run may complete although it was cancelled', async (t) => {
    await t.startWorker();
    const handle = await cancelled(t, workflows.swallow);
    assert.equal(await handle.result(), 'swallowed: true, Workflow cancelled');
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  }),
  scenario('after a cancellation, nothing new is begun outside a shield', async (t) => {
    await t.startWorker({ activities: { any: async () => 1 } });
    const handle = await cancelled(t, workflows.callAfterCancel, { args: ['any'] });
    assert.equal(await handle.result(), 'refused: true');
    assert.ok(!(await t.eventTypes(handle)).includes('ActivityTaskScheduled'));
  }),
  scenario('a shield keeps a cancellation out', async (t) => {
    await t.startWorker();
    const handle = await cancelled(t, workflows.shielded, { args: [1_000] });
    assert.equal(await handle.result(), 'finished, asked: true');
  }),
  scenario('inside a shield the request can be seen', async (t) => {
    await t.startWorker();
    const handle = await cancelled(t, workflows.seesRequest);
    assert.equal(await handle.result(), 'asked: true');
  }),
  scenario('work that ends within its time', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.withinTime, { args: [60_000, 50] }), 'in time');
  }),
  scenario('work that does not end within its time', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.withinTime, { args: [50, 60_000] }), 'out of time: true');
  }),
  scenario('an inner scope is cancelled, the outer goes on', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(workflows.nested), [
      'inner true',
      'inner cancelled true, outer cancelled false',
      'outer went on',
    ]);
  }),
  scenario('cancelling a scope reaches the scopes in it', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(workflows.nestedFromOutside), ['first true', 'second true', 'shielded slept']);
  }),
  scenario('a cancellation ends a wait for a condition', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.conditionCancelled);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.cancel();
    assert.equal(await handle.result(), 'ended: true');
  }),
  scenario('asking twice is asking once', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.shielded, { args: [1_000] });
    await t.waitForEvent(handle, 'TimerStarted');
    await handle.cancel();
    await handle.cancel();
    await handle.result();
    assert.equal(count(await t.eventTypes(handle), 'WorkflowExecutionCancelRequested'), 1);
  }),
  scenario('cancelled before its first task, a run begins and is cancelled at once', async (t) => {
    const handle = await t.start(workflows.sleepLong);
    await handle.cancel();
    await t.startWorker();
    await cancelledFailure(t, handle);
    assert.ok(!(await t.eventTypes(handle)).includes('TimerStarted'));
  }),
  scenario('cancelling a run that ended is no error', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.withinTime, { args: [60_000, 1] });
    await handle.result();
    await handle.cancel().catch((error: Error) => assert.equal(error.name, 'WorkflowNotFoundError'));
  }),
]);
