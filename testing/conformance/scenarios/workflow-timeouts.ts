import assert from 'node:assert/strict';
import { toMillis } from '../../../src/core/proto.ts';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { HistoryEvent, Scenario } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import { continueAtFinish } from '../workflows/children.ts';
import { finish, waitForever } from '../workflows/messages.ts';
import { WorkflowFailedError } from '@temporalio/client';

const timedOut = (retryState: string): unknown => [
  { name: 'WorkflowFailedError', message: 'Workflow execution timed out', retryState },
  { name: 'TimeoutFailure', message: 'Workflow execution timed out', timeoutType: 'START_TO_CLOSE' },
];

function expiration(started: HistoryEvent | undefined): number | undefined {
  return toMillis(started?.workflowExecutionStartedEventAttributes?.workflowExecutionExpirationTime);
}

/** Timeouts of runs, of chains of runs and of workflow tasks. */
export const workflowTimeouts: readonly Scenario[] = topic('workflow-timeouts', [
  scenario('a run without a worker times out', async (t) => {
    const begin = Date.now();
    const handle = await t.start(waitForever, { workflowRunTimeout: '500ms' });
    assert.deepEqual(await failureOf(handle.result()), timedOut('RETRY_POLICY_NOT_SET'));
    assert.ok(Date.now() - begin >= 495);
    assert.equal((await handle.describe()).status.name, 'TIMED_OUT');
  }),
  scenario('a run that waits times out', async (t) => {
    await t.startWorker();
    const handle = await t.start(waitForever, { workflowRunTimeout: '4s' });
    assert.deepEqual(await failureOf(handle.result()), timedOut('RETRY_POLICY_NOT_SET'));
    assert.equal((await t.history(handle)).length, 5);
  }),
  scenario('an execution timeout bounds the run, too', async (t) => {
    const handle = await t.start(waitForever, { workflowExecutionTimeout: '500ms' });
    assert.deepEqual(await failureOf(handle.result()), timedOut('TIMEOUT'));
    const [first] = await t.history(handle);
    const attributes = first?.workflowExecutionStartedEventAttributes;
    assert.ok(attributes?.workflowExecutionExpirationTime);
  }),
  scenario('a run timeout above the execution timeout is cut', async (t) => {
    const handle = await t.start(waitForever, { workflowExecutionTimeout: '1h', workflowRunTimeout: '2h' });
    const config = (await handle.describe()).raw.executionConfig;
    assert.equal(Number(config?.workflowRunTimeout?.seconds), 3_600);
  }),
  scenario('a run that times out is retried by its policy', async (t) => {
    const handle = await t.start(waitForever, {
      workflowRunTimeout: '400ms',
      retry: { initialInterval: '10ms', backoffCoefficient: 1, maximumAttempts: 2 },
    });
    const error = await errorOf(handle.result());
    assert.ok(error instanceof WorkflowFailedError);
    assert.equal(error.retryState, 'MAXIMUM_ATTEMPTS_REACHED');
    const { runId } = await handle.describe();
    assert.notEqual(runId, handle.firstExecutionRunId);
    const [first] = await t.history(handle);
    assert.equal(first?.workflowExecutionStartedEventAttributes?.attempt, 2);
  }),
  scenario(
    'an execution timeout ends all runs of the chain',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(continueAtFinish, { args: [5], workflowExecutionTimeout: '4s' });
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      await handle.signal(finish);
      await t.eventually(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
      assert.deepEqual(
        (await failureOf(handle.result())).map(({ name }) => name),
        ['WorkflowFailedError', 'TimeoutFailure'],
      );
      const first = t.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId);
      const begin = (await t.history(first, handle.firstExecutionRunId))[0];
      const end = (await t.history(handle)).at(-1);
      const ms = Number(toMillis(end?.eventTime)) - Number(toMillis(begin?.eventTime));
      assert.ok(ms >= 3_990, `${ms} ms`);
      // Later runs get no time of their own.
      assert.equal(expiration((await t.history(handle))[0]), expiration(begin));
      assert.ok(expiration(begin));
      assert.equal((await first.describe()).status.name, 'CONTINUED_AS_NEW');
    },
    { history: { compare: 'none', reason: 'how far the last run comes is a matter of time' } },
  ),
  scenario('each run of a chain has a run timeout of its own', async (t) => {
    await t.startWorker();
    const handle = await t.start(continueAtFinish, { args: [1], workflowRunTimeout: '4s' });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await t.sleep(2100);
    await handle.signal(finish);
    await t.eventually(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
    await t.sleep(2100);
    await handle.signal(finish);
    assert.equal(await handle.result(), 'last');
  }),
  scenario('a task that is never answered times out and is given again', async (t) => {
    const handle = await t.start(nothing, { workflowTaskTimeout: '3s' });
    const task = await t.client.withDeadline(Date.now() + 10_000, () =>
      t.raw.pollWorkflowTaskQueue({
        namespace: t.namespace,
        taskQueue: { name: t.taskQueue },
        identity: 'silent',
      }),
    );
    assert.equal(task.attempt, 1);
    assert.equal(Number(task.startedEventId), 3);
    await t.waitForEvent(handle, 'WorkflowTaskTimedOut');
    assert.deepEqual((await t.eventTypes(handle)).slice(0, 4), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskTimedOut',
    ]);
    await t.startWorker();
    await handle.result();
    const late = t.raw.respondWorkflowTaskCompleted({ taskToken: task.taskToken, identity: 'silent' });
    assert.equal((await refusalOf(late)).code, 'NOT_FOUND');
  }),
]);
