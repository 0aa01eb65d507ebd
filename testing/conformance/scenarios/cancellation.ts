import assert from 'node:assert/strict';
import { Context, sleep as activitySleep } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { count, deferred, failureOf } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import {
  cleanUpWhenCancelled,
  explainCancellation,
  ignoreCancellation,
  waitForActivity,
  waitForChild,
  waitForTimer,
} from '../workflows/cancellation.ts';
import { finish, waitForever } from '../workflows/messages.ts';

const names = async (handle: WorkflowHandle): Promise<string[]> =>
  (await failureOf(handle.result())).map(({ name }) => name);

/** Cancel requests to runs. */
export const cancellation: readonly Scenario[] = topic('cancellation', [
  scenario('a run that waits for a timer is cancelled', async (t) => {
    await t.startWorker();
    const handle = await t.start(waitForTimer);
    await t.waitForEvent(handle, 'TimerStarted');
    await handle.cancel();
    assert.deepEqual(await failureOf(handle.result()), [
      { name: 'WorkflowFailedError', message: 'Workflow execution cancelled', retryState: 'NON_RETRYABLE_FAILURE' },
      { name: 'CancelledFailure', message: 'Workflow canceled' },
    ]);
    assert.equal((await handle.describe()).status.name, 'CANCELLED');
  }),
  scenario('a second request changes nothing', async (t) => {
    const handle = await t.start(waitForever);
    await handle.cancel();
    await handle.cancel();
    assert.equal(count(await t.eventTypes(handle), 'WorkflowExecutionCancelRequested'), 1);
    await t.startWorker();
    assert.deepEqual(await names(handle), ['WorkflowFailedError', 'CancelledFailure']);
  }),
  scenario('a request before the first task comes with it', async (t) => {
    const handle = await t.start(explainCancellation);
    await handle.cancel();
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowExecutionCancelRequested',
    ]);
    await t.startWorker();
    assert.deepEqual(await handle.result(), [{ name: 'CancelledFailure', message: 'Workflow cancelled' }]);
  }),
  scenario('a request keeps its reason and who made it', async (t) => {
    const { workflowId } = await t.start(waitForever);
    await t.raw.requestCancelWorkflowExecution({
      namespace: t.namespace,
      workflowExecution: { workflowId },
      identity: 'me',
      requestId: 'mine',
      reason: 'no longer needed',
    });
    const event = (await t.history({ workflowId })).at(-1)?.workflowExecutionCancelRequestedEventAttributes;
    assert.equal(event?.cause, 'no longer needed');
    assert.equal(event?.identity, 'me');
    assert.equal((await t.client.workflow.getHandle(workflowId).describe()).status.name, 'RUNNING');
  }),
  scenario('a run may clean up first, in a scope that is not cancelled', async (t) => {
    await t.startWorker();
    const handle = await t.start(cleanUpWhenCancelled, { args: ['rethrow'] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.cancel();
    assert.deepEqual(await names(handle), ['WorkflowFailedError', 'CancelledFailure']);
    const types = await t.eventTypes(handle);
    assert.ok(types.includes('TimerFired'));
    assert.equal(types.at(-1), 'WorkflowExecutionCanceled');
  }),
  scenario('a run may complete although it was cancelled', async (t) => {
    await t.startWorker();
    const handle = await t.start(cleanUpWhenCancelled, { args: ['return'] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.cancel();
    assert.equal(await handle.result(), 'cleaned');
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  }),
  scenario('a run may ignore the request', async (t) => {
    await t.startWorker();
    const handle = await t.start(ignoreCancellation);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.cancel();
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await handle.signal(finish);
    assert.equal(await handle.result(), true);
  }),
  scenario('a run that waits for an activity is cancelled, the activity too', async (t) => {
    const running = deferred();
    const told = deferred<string>();
    const beat = async (): Promise<void> => {
      running.resolve();
      for (;;) {
        Context.current().heartbeat();
        await activitySleep(20).catch((error: unknown) => {
          told.resolve((error as Error).name);
          throw error;
        });
      }
    };
    await t.startWorker({
      activities: { beat },
      maxHeartbeatThrottleInterval: 20,
      defaultHeartbeatThrottleInterval: 20,
    });
    const handle = await t.start(waitForActivity, { args: ['beat'] });
    await running.promise;
    await handle.cancel();
    assert.deepEqual(await names(handle), ['WorkflowFailedError', 'CancelledFailure']);
    assert.equal(await told.promise, 'CancelledFailure');
  }),
  scenario(
    'a run that waits for a child is cancelled when the child is',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId('child');
      const handle = await t.start(waitForChild, { args: ['waitForever', { workflowId }] });
      await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
      await t.waitForEvent({ workflowId }, 'WorkflowTaskCompleted');
      await handle.cancel();
      assert.deepEqual(await names(handle), ['WorkflowFailedError', 'CancelledFailure']);
      assert.equal((await t.client.workflow.getHandle(workflowId).describe()).status.name, 'CANCELLED');
    },
    { history: { compare: 'none', reason: 'the child may end before the parent is told of the request' } },
  ),
  scenario('a signal and a request that come together are seen in their order', async (t) => {
    const handle = await t.start(ignoreCancellation);
    await handle.cancel();
    await handle.signal(finish);
    await t.startWorker();
    assert.equal(await handle.result(), true);
  }),
  scenario('a request to a closed run is accepted and does nothing', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing);
    await handle.result();
    await handle.cancel();
    assert.equal((await t.history(handle)).length, 5);
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  }),
  scenario('a request for a chain of runs that is over is refused', async (t) => {
    const first = await t.start(waitForever);
    await first.terminate();
    await t.start(waitForever, { workflowId: first.workflowId });
    assert.deepEqual(await refusalOf(first.cancel()), { code: 'NOT_FOUND', details: 'workflow execution not found' });
  }),
]);
