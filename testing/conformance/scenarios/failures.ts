import assert from 'node:assert/strict';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import {
  cancelItself,
  explainActivity,
  explainLastFailure,
  failByActivity,
  failWith,
  failWithPlainCause,
  succeedAtAttempt,
  wrapFailure,
} from '../workflows/failures.ts';

class InsufficientFunds extends Error {
  override readonly name: string = 'InsufficientFunds';
}

const activities = {
  async throwPlain(): Promise<void> {
    throw new Error('plain trouble');
  },
  async throwCustom(): Promise<void> {
    throw new InsufficientFunds('too little', { cause: new TypeError('because') });
  },
  async throwApplication(): Promise<void> {
    throw ApplicationFailure.create({
      message: 'no',
      type: 'Refused',
      details: [{ code: 7 }, 'x'],
      nonRetryable: true,
    });
  },
  async throwText(): Promise<void> {
    // eslint-disable-next-line typescript/only-throw-error -- what happens to such values is the question
    throw 'just text';
  },
  async throwBenign(): Promise<void> {
    throw ApplicationFailure.create({ message: 'harmless', category: ApplicationFailureCategory.BENIGN });
  },
};
const activityFailure = (type: string, retryState: string): object => ({
  name: 'ActivityFailure',
  message: 'Activity task failed',
  activityType: type,
  activityId: '1',
  retryState,
});
const retry = { initialInterval: '20ms', backoffCoefficient: 1, maximumAttempts: 3 } as const;

/** What failures look like from where they arrive, and retries of workflows. */
export const failures: readonly Scenario[] = topic('failures', [
  scenario('type, details and flag of an application failure reach the client', async (t) => {
    await t.startWorker();
    const handle = await t.start(failWith, {
      args: [[{ message: 'broken', type: 'Broken', details: ['a', { b: 1 }], nonRetryable: true }]],
    });
    const error = await errorOf(handle.result());
    assert.ok(error instanceof WorkflowFailedError);
    assert.equal(error.retryState, 'RETRY_POLICY_NOT_SET');
    assert.ok(error.cause instanceof ApplicationFailure);
    assert.deepEqual(await failureOf(handle.result()), [
      { name: 'WorkflowFailedError', message: 'Workflow execution failed', retryState: 'RETRY_POLICY_NOT_SET' },
      { name: 'ApplicationFailure', message: 'broken', type: 'Broken', nonRetryable: true, details: ['a', { b: 1 }] },
    ]);
    assert.equal((await handle.describe()).status.name, 'FAILED');
  }),
  scenario('a chain of causes arrives whole', async (t) => {
    await t.startWorker();
    const links = ['one', 'two', 'three'].map((message) => ({ message, type: message.toUpperCase() }));
    const explained = await failureOf(t.execute(failWith, { args: [links] }));
    assert.deepEqual(
      explained.slice(1).map(({ message, type }) => [message, type]),
      [
        ['one', 'ONE'],
        ['two', 'TWO'],
        ['three', 'THREE'],
      ],
    );
  }),
  scenario('a plain error as a cause keeps its message only', async (t) => {
    await t.startWorker();
    const explained = await failureOf(t.execute(failWithPlainCause));
    assert.deepEqual(
      explained.slice(1).map(({ name, message, type }) => [name, message, type]),
      [
        ['ApplicationFailure', 'outer', 'Outer'],
        ['TemporalFailure', 'inner', undefined],
      ],
    );
  }),
  scenario('a benign failure keeps its category', async (t) => {
    await t.startWorker();
    const explained = await failureOf(t.execute(failWith, { args: [[{ message: 'fine', category: 'BENIGN' }]] }));
    assert.equal(explained[1]?.['category'], 'BENIGN');
  }),
  scenario('a cancellation that nobody asked for fails the run', async (t) => {
    await t.startWorker();
    const handle = await t.start(cancelItself);
    assert.deepEqual(
      (await failureOf(handle.result())).map(({ name }) => name),
      ['WorkflowFailedError', 'CancelledFailure'],
    );
    assert.equal((await handle.describe()).status.name, 'FAILED');
  }),
  scenario('a plain error of an activity arrives as application failure within activity failure', async (t) => {
    await t.startWorker({ activities });
    assert.deepEqual(await t.execute(explainActivity, { args: ['throwPlain'] }), [
      { name: 'is ActivityFailure', message: 'true' },
      activityFailure('throwPlain', 'MAXIMUM_ATTEMPTS_REACHED'),
      { name: 'ApplicationFailure', message: 'plain trouble', type: 'Error', nonRetryable: false },
    ]);
  }),
  scenario('the class of an activity error is its type, and its cause follows', async (t) => {
    await t.startWorker({ activities });
    assert.deepEqual((await t.execute(explainActivity, { args: ['throwCustom'] })).slice(2), [
      { name: 'ApplicationFailure', message: 'too little', type: 'InsufficientFunds', nonRetryable: false },
      { name: 'TemporalFailure', message: 'because' },
    ]);
  }),
  scenario('a non-retryable application failure of an activity is not retried', async (t) => {
    await t.startWorker({ activities });
    assert.deepEqual(
      (await t.execute(explainActivity, { args: ['throwApplication', { startToCloseTimeout: '10s' }] })).slice(1),
      [
        activityFailure('throwApplication', 'NON_RETRYABLE_FAILURE'),
        { name: 'ApplicationFailure', message: 'no', type: 'Refused', nonRetryable: true, details: [{ code: 7 }, 'x'] },
      ],
    );
  }),
  scenario('text thrown by an activity becomes the message', async (t) => {
    await t.startWorker({ activities });
    const explained = await t.execute(explainActivity, { args: ['throwText'] });
    assert.equal(explained[2]?.message, 'just text');
  }),
  scenario('a benign failure of an activity keeps its category', async (t) => {
    await t.startWorker({ activities });
    const explained = await t.execute(explainActivity, { args: ['throwBenign'] });
    assert.equal(explained[2]?.['category'], 'BENIGN');
  }),
  scenario('an uncaught activity failure fails the workflow with the whole chain', async (t) => {
    await t.startWorker({ activities });
    const handle = await t.start(failByActivity, { args: ['throwCustom'] });
    assert.deepEqual(
      (await failureOf(handle.result())).map(({ name, message }) => `${name}: ${message}`),
      [
        'WorkflowFailedError: Workflow execution failed',
        'ActivityFailure: Activity task failed',
        'ApplicationFailure: too little',
        'TemporalFailure: because',
      ],
    );
  }),
  scenario('a caught failure can be the cause of another', async (t) => {
    await t.startWorker({ activities });
    assert.deepEqual(
      (await failureOf(t.execute(wrapFailure, { args: ['throwPlain'] }))).map(({ message }) => message),
      ['Workflow execution failed', 'wrapped', 'Activity task failed', 'plain trouble'],
    );
  }),
  scenario('a workflow with a retry policy runs again until it succeeds', async (t) => {
    await t.startWorker();
    const handle = await t.start(succeedAtAttempt, { args: [2], retry });
    assert.equal(await handle.result(), 2);
    assert.equal(
      (await t.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).describe()).status.name,
      'FAILED',
    );
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  }),
  scenario('a workflow fails when its attempts are used up', async (t) => {
    await t.startWorker();
    const explained = await failureOf(
      t.execute(succeedAtAttempt, { args: [9], retry: { ...retry, maximumAttempts: 2 } }),
    );
    assert.equal(explained[0]?.['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(explained[1]?.message, 'attempt 2');
  }),
  scenario('a non-retryable failure ends the retries of a workflow', async (t) => {
    await t.startWorker();
    const explained = await failureOf(t.execute(succeedAtAttempt, { args: [9, true], retry }));
    assert.equal(explained[0]?.['retryState'], 'NON_RETRYABLE_FAILURE');
    assert.equal(explained[1]?.message, 'attempt 1');
  }),
  scenario('a non-retryable error type ends the retries of a workflow', async (t) => {
    await t.startWorker();
    const policy = { ...retry, nonRetryableErrorTypes: ['Other', 'NotYet'] };
    const explained = await failureOf(t.execute(succeedAtAttempt, { args: [9], retry: policy }));
    assert.equal(explained[0]?.['retryState'], 'NON_RETRYABLE_FAILURE');
  }),
  scenario('a retried workflow knows the failure before', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(explainLastFailure, { retry }), [
      { name: 'ApplicationFailure', message: 'first', type: 'First', nonRetryable: false, details: [1] },
    ]);
  }),
]);
