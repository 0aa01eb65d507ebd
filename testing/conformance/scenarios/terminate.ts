import assert from 'node:assert/strict';
import { TerminatedFailure, WorkflowFailedError } from '@temporalio/client';
import { payloads, refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { deferred, errorOf, failureOf, gates } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import { waitForActivity } from '../workflows/cancellation.ts';
import { continueAtFinish } from '../workflows/children.ts';
import { finish, waitForever } from '../workflows/messages.ts';
import { holdThenCollect } from '../workflows/signals.ts';

/** Termination of runs. */
export const terminate: readonly Scenario[] = topic('terminate', [
  scenario('a run is terminated with a reason, and its result is that', async (t) => {
    const handle = await t.start(waitForever);
    await handle.terminate('no longer needed');
    const error = await errorOf(handle.result());
    assert.ok(error instanceof WorkflowFailedError);
    assert.equal(error.message, 'no longer needed');
    assert.equal(error.retryState, 'NON_RETRYABLE_FAILURE');
    assert.ok(error.cause instanceof TerminatedFailure);
    assert.equal(error.cause.message, 'no longer needed');
    assert.equal((await handle.describe()).status.name, 'TERMINATED');
  }),
  scenario('without a reason there is a default one', async (t) => {
    const handle = await t.start(waitForever);
    await handle.terminate();
    assert.deepEqual((await failureOf(handle.result()))[1], {
      name: 'TerminatedFailure',
      message: 'terminated by user via frontend',
    });
  }),
  scenario('details are kept in history', async (t) => {
    const { workflowId } = await t.start(waitForever);
    await t.raw.terminateWorkflowExecution({
      namespace: t.namespace,
      workflowExecution: { workflowId },
      reason: 'why',
      details: payloads('a', 1),
      identity: 'me',
    });
    const last = (await t.history({ workflowId })).at(-1)?.workflowExecutionTerminatedEventAttributes;
    assert.equal(last?.reason, 'why');
    assert.equal(last?.identity, 'me');
    assert.equal(last?.details?.payloads?.length, 2);
  }),
  scenario('a run without a worker is terminated at once', async (t) => {
    const handle = await t.start(waitForever);
    await handle.signal('any');
    await handle.terminate();
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionTerminated',
    ]);
  }),
  scenario('a task that is out fails when its run is terminated', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(holdThenCollect);
    await gate.reached('closing');
    await handle.terminate('now');
    const events = await t.history(handle);
    const cause = events.at(-2)?.workflowTaskFailedEventAttributes?.cause;
    assert.equal(cause, 17 /* FORCE_CLOSE_COMMAND */);
    gate.open('closing');
    assert.equal((await failureOf(handle.result()))[1]?.name, 'TerminatedFailure');
    await t.sleep(100);
    assert.equal((await t.history(handle)).length, events.length);
  }),
  scenario('signals that wait for a task that is out stay in history', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(holdThenCollect);
    await gate.reached('closing');
    await handle.signal('add', 1);
    await handle.terminate('now');
    assert.deepEqual((await t.eventTypes(handle)).slice(3), [
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionTerminated',
    ]);
    gate.open('closing');
  }),
  scenario('an activity at work does not hold up the end', async (t) => {
    const running = deferred();
    const end = deferred();
    await t.startWorker({ activities: { wait: () => (running.resolve(), end.promise) } });
    const handle = await t.start(waitForActivity, { args: ['wait'] });
    await running.promise;
    await handle.terminate();
    assert.equal((await failureOf(handle.result()))[1]?.name, 'TerminatedFailure');
    // It is described as pending for good.
    assert.equal((await handle.describe()).raw.pendingActivities?.length, 1);
    end.resolve();
  }),
  scenario('a closed run cannot be terminated', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing);
    await handle.result();
    assert.deepEqual(await refusalOf(handle.terminate()), {
      code: 'NOT_FOUND',
      details: 'workflow execution already completed',
    });
  }),
  scenario('the handle of a start ends the chain of runs that it began', async (t) => {
    await t.startWorker();
    const handle = await t.start(continueAtFinish, { args: [1] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    await t.eventually(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.terminate();
    assert.equal((await failureOf(handle.result()))[1]?.name, 'TerminatedFailure');
  }),
  scenario('the handle of a start does not end a later chain', async (t) => {
    const first = await t.start(waitForever);
    await first.terminate();
    const second = await t.start(waitForever, { workflowId: first.workflowId });
    assert.deepEqual(await refusalOf(first.terminate()), {
      code: 'NOT_FOUND',
      details: 'workflow execution not found',
    });
    assert.equal((await second.describe()).status.name, 'RUNNING');
  }),
]);
