import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { failureOf } from '../support.ts';
import { actOnOther, cancelSignalAtOnce, signalItself } from '../workflows/children.ts';
import { collect, waitForever } from '../workflows/messages.ts';

const notFound = (message: string): unknown => [
  { name: 'ApplicationFailure', message, type: 'ExternalWorkflowExecutionNotFound', nonRetryable: false },
];
const noReceiver = notFound('Unable to signal external workflow because it was not found');

/** Workflows that signal and cancel workflows that are not their children. */
export const external: readonly Scenario[] = topic('external', [
  scenario('a workflow signals another', async (t) => {
    const other = await t.start(collect, { taskQueue: `${t.taskQueue}-other` });
    await t.startWorker();
    const act = { workflowId: other.workflowId, signal: 'add', args: ['from afar'] };
    const handle = await t.start(actOnOther, { args: [act] });
    assert.equal(await handle.result(), 'done');
    const signaled = (await t.history(other)).at(-1)?.workflowExecutionSignaledEventAttributes;
    assert.equal(signaled?.signalName, 'add');
    assert.equal(signaled?.externalWorkflowExecution?.workflowId, handle.workflowId);
  }),
  scenario('a workflow signals a run of another', async (t) => {
    const other = await t.start(collect, { taskQueue: `${t.taskQueue}-other` });
    await t.startWorker();
    const act = { workflowId: other.workflowId, runId: other.firstExecutionRunId, signal: 'add' };
    assert.equal(await t.execute(actOnOther, { args: [act] }), 'done');
  }),
  scenario('a signal to an unknown workflow fails', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('absent');
    assert.deepEqual(await t.execute(actOnOther, { args: [{ workflowId, signal: 'add' }] }), noReceiver);
  }),
  scenario('a signal to a closed workflow fails', async (t) => {
    const other = await t.start(waitForever);
    await other.terminate();
    await t.startWorker();
    const { workflowId } = other;
    assert.deepEqual(await t.execute(actOnOther, { args: [{ workflowId, signal: 'add' }] }), noReceiver);
  }),
  scenario('a workflow cancels another', async (t) => {
    const other = await t.start(waitForever, { taskQueue: `${t.taskQueue}-other` });
    await t.startWorker();
    const handle = await t.start(actOnOther, { args: [{ workflowId: other.workflowId }] });
    assert.equal(await handle.result(), 'done');
    const requested = (await t.history(other)).at(-1)?.workflowExecutionCancelRequestedEventAttributes;
    assert.equal(requested?.externalWorkflowExecution?.workflowId, handle.workflowId);
    await t.startWorker({ taskQueue: `${t.taskQueue}-other` });
    assert.equal((await failureOf(other.result()))[1]?.name, 'CancelledFailure');
  }),
  scenario('the cancellation of an unknown workflow fails', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('absent');
    assert.deepEqual(
      await t.execute(actOnOther, { args: [{ workflowId }] }),
      notFound('Unable to cancel external workflow because not found'),
    );
  }),
  scenario('the cancellation of a closed workflow is no error', async (t) => {
    const other = await t.start(waitForever);
    await other.terminate();
    await t.startWorker();
    assert.deepEqual(await t.execute(actOnOther, { args: [{ workflowId: other.workflowId }] }), 'done');
  }),
  scenario('a workflow cannot signal itself', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(signalItself), { outcome: noReceiver, came: false });
  }),
  scenario('a signal that is cancelled in the task that sends it is not sent', async (t) => {
    const other = await t.start(collect, { taskQueue: `${t.taskQueue}-other` });
    await t.startWorker();
    assert.deepEqual(await t.execute(cancelSignalAtOnce, { args: [other.workflowId] }), [
      { name: 'CancelledFailure', message: 'Signal was cancelled before being sent' },
    ]);
    assert.equal((await t.history(other)).length, 2);
  }),
]);
