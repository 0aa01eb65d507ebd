import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { activityInfo } from '@temporalio/activity';
import { QueryRejectedError } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { count, deferred, errorOf, failureOf, gates } from '../support.ts';
import { callOne } from '../workflows/activities.ts';
import { nothing } from '../workflows/basics.ts';
import { callChild } from '../workflows/children.ts';
import { add, collect, conditionWithTimeout, finish, list, waitForever } from '../workflows/messages.ts';
import { holdThenCall, holdThenCollect } from '../workflows/signals.ts';
import { sleepEach } from '../workflows/timers.ts';
import { deposit, takeUpdates } from '../workflows/updates.ts';

type Handle = Pick<WorkflowHandle, 'workflowId'>;

/** The server that histories are recorded from cannot do it: there is nothing to compare with, but they must be valid and replay. */
const alone = { history: { compare: 'none', reason: 'the recorded server does not pause runs' } } as const;

const pauseScenario = (name: string, run: Scenario['run']): ReturnType<typeof scenario> => scenario(name, run, alone);

async function pause(t: ScenarioContext, { workflowId }: Handle, requestId: string = randomUUID()): Promise<void> {
  const { namespace } = t;
  await t.raw.pauseWorkflowExecution({ namespace, workflowId, identity: 'somebody', reason: 'a look', requestId });
}

async function resume(t: ScenarioContext, { workflowId }: Handle): Promise<void> {
  const { namespace } = t;
  await t.raw.unpauseWorkflowExecution({ namespace, workflowId, identity: 'somebody', requestId: randomUUID() });
}

async function status(handle: WorkflowHandle): Promise<string> {
  return (await handle.describe()).status.name;
}

/** Types of events from `WorkflowExecutionPaused` on. */
async function typesFromPause(t: ScenarioContext, handle: Handle): Promise<string[]> {
  const types = await t.eventTypes(handle);
  return types.slice(types.indexOf('WorkflowExecutionPaused'));
}

/** Runs that are paused, and go on. */
export const pauses: readonly Scenario[] = topic('pause', [
  pauseScenario('signals wait while a run is paused, and arrive in order when it goes on', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await pause(t, handle);
    assert.equal(await status(handle), 'PAUSED');
    for (const value of [1, 2, 3]) await handle.signal(add, value);
    await handle.signal(finish);
    const signals = Array.from({ length: 4 }, () => 'WorkflowExecutionSignaled');
    assert.deepEqual(await typesFromPause(t, handle), ['WorkflowExecutionPaused', ...signals]);
    await resume(t, handle);
    assert.deepEqual(await handle.result(), [1, 2, 3]);
    const rest = (await typesFromPause(t, handle)).slice(5);
    const task = ['WorkflowTaskScheduled', 'WorkflowTaskStarted', 'WorkflowTaskCompleted'];
    assert.deepEqual(rest, ['WorkflowExecutionUnpaused', ...task, 'WorkflowExecutionCompleted']);
  }),
  pauseScenario('events of a pause say who, why and that workers need not know them', async (t) => {
    const handle = await t.start(nothing);
    await pause(t, handle, 'the request');
    await resume(t, handle);
    const events = await t.history(handle);
    const paused = events.find((event) => eventTypeName(event) === 'WorkflowExecutionPaused');
    const unpaused = events.find((event) => eventTypeName(event) === 'WorkflowExecutionUnpaused');
    const { identity, reason, requestId } = paused?.workflowExecutionPausedEventAttributes ?? {};
    assert.deepEqual([identity, reason, requestId], ['somebody', 'a look', 'the request']);
    assert.equal(paused?.workerMayIgnore, true);
    assert.equal(unpaused?.workerMayIgnore, true);
    await t.startWorker();
    await handle.result();
  }),
  pauseScenario('a task that no worker has taken is gone while a run is paused, and another comes', async (t) => {
    const handle = await t.start(nothing);
    await pause(t, handle);
    assert.equal((await handle.describe()).raw.pendingWorkflowTask ?? undefined, undefined);
    await t.startWorker();
    // Whoever polls would have got it before the task of this run.
    await t.execute(nothing);
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskStarted'), 0);
    await resume(t, handle);
    await handle.result();
  }),
  pauseScenario('a task that is out may be completed, and its activity waits', async (t) => {
    const { sinks, reached, open } = gates();
    await t.startWorker({ sinks, activities: { work: async () => 'done' } });
    const handle = await t.start(holdThenCall);
    await reached('calling');
    await pause(t, handle);
    open('calling');
    await t.waitForEvent(handle, 'ActivityTaskScheduled');
    await t.execute(callOne, { args: [{ type: 'work' }] });
    const [pending] = (await handle.describe()).raw.pendingActivities ?? [];
    assert.equal(pending?.attempt, 1);
    assert.equal(pending?.lastStartedTime ?? undefined, undefined);
    const types = await t.eventTypes(handle);
    assert.deepEqual(types.slice(3), ['WorkflowTaskCompleted', 'ActivityTaskScheduled', 'WorkflowExecutionPaused']);
    await resume(t, handle);
    assert.equal(await handle.result(), 'done');
  }),
  pauseScenario('a task that is out cannot end a run that was paused meanwhile', async (t) => {
    const { sinks, reached, open } = gates();
    await t.startWorker({ sinks });
    const handle = await t.start(holdThenCollect);
    await reached('closing');
    await pause(t, handle);
    open('closing');
    await t.waitForEvent(handle, 'WorkflowExecutionPaused');
    assert.equal(await status(handle), 'PAUSED');
    await resume(t, handle);
    assert.deepEqual(await handle.result(), []);
  }),
  pauseScenario('an activity that runs may end while its run is paused', async (t) => {
    const taken = deferred();
    const done = deferred();
    const work = async (): Promise<string> => {
      taken.resolve();
      await done.promise;
      return 'done';
    };
    await t.startWorker({ activities: { work } });
    const handle = await t.start(callOne, { args: [{ type: 'work' }] });
    await taken.promise;
    await pause(t, handle);
    done.resolve();
    await t.waitForEvent(handle, 'ActivityTaskCompleted');
    assert.equal(await status(handle), 'PAUSED');
    assert.equal((await typesFromPause(t, handle)).includes('WorkflowTaskScheduled'), false);
    await resume(t, handle);
    assert.deepEqual(await handle.result(), { result: 'done' });
  }),
  pauseScenario('an activity is not tried again while its run is paused', async (t) => {
    const taken = deferred();
    const failing = deferred();
    let attempts = 0;
    const work = async (): Promise<number> => {
      attempts++;
      if (activityInfo().attempt > 1) return activityInfo().attempt;
      taken.resolve();
      await failing.promise;
      throw ApplicationFailure.create({ message: 'not yet' });
    };
    await t.startWorker({ activities: { work, other: async () => undefined } });
    const options = { startToCloseTimeout: '1m', retry: { initialInterval: '1ms', backoffCoefficient: 1 } } as const;
    const handle = await t.start(callOne, { args: [{ type: 'work', options }] });
    await taken.promise;
    await pause(t, handle);
    failing.resolve();
    await t.eventually(async () => (await handle.describe()).raw.pendingActivities?.[0]?.attempt === 2);
    await t.execute(callOne, { args: [{ type: 'other' }] });
    assert.equal(attempts, 1);
    await resume(t, handle);
    assert.deepEqual(await handle.result(), { result: 2 });
  }),
  pauseScenario('timers fire while a run is paused', async (t) => {
    await t.startWorker();
    const handle = await t.start(sleepEach, { args: [['300ms']] });
    await t.waitForEvent(handle, 'TimerStarted');
    await pause(t, handle);
    await t.waitForEvent(handle, 'TimerFired');
    assert.equal((await typesFromPause(t, handle)).includes('WorkflowTaskScheduled'), false);
    await resume(t, handle);
    await handle.result();
  }),
  pauseScenario('a child goes on, and its paused parent hears of its end when it goes on', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const handle = await t.start(callChild, { args: [{ type: 'collect', options: { workflowId } }] });
    await t.waitForEvent(handle, 'ChildWorkflowExecutionStarted');
    await t.eventually(async () => count(await t.eventTypes(handle), 'WorkflowTaskCompleted') === 2);
    await pause(t, handle);
    const child = t.client.workflow.getHandle(workflowId);
    await child.signal(finish);
    await child.result();
    await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
    assert.equal(await status(handle), 'PAUSED');
    await resume(t, handle);
    assert.deepEqual(await handle.result(), { result: [] });
  }),
  pauseScenario('queries of a paused run are rejected', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await pause(t, handle);
    const error = await errorOf(handle.query(list));
    assert.ok(error instanceof QueryRejectedError);
    assert.equal(error.status, 8);
    await resume(t, handle);
    assert.deepEqual(await handle.query(list), []);
  }),
  pauseScenario('updates of a paused run are refused', async (t) => {
    await t.startWorker();
    const handle = await t.start(takeUpdates);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await pause(t, handle);
    const refused = handle.executeUpdate(deposit, { args: [1] });
    assert.deepEqual(await refusalOf(refused), {
      code: 'FAILED_PRECONDITION',
      details: 'Workflow is paused. Cannot update the workflow.',
    });
    await resume(t, handle);
    assert.equal(await handle.executeUpdate(deposit, { args: [2] }), 2);
  }),
  pauseScenario('a cancel request waits until the run goes on', async (t) => {
    await t.startWorker();
    const handle = await t.start(waitForever);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await pause(t, handle);
    await handle.cancel();
    assert.deepEqual(await typesFromPause(t, handle), ['WorkflowExecutionPaused', 'WorkflowExecutionCancelRequested']);
    await resume(t, handle);
    const [failure] = await failureOf(handle.result());
    assert.equal(failure?.name, 'WorkflowFailedError');
    assert.equal(await status(handle), 'CANCELLED');
  }),
  pauseScenario('a paused run can be terminated, and runs out of time', async (t) => {
    await t.startWorker();
    const terminated = await t.start(waitForever);
    await t.waitForEvent(terminated, 'WorkflowTaskCompleted');
    await pause(t, terminated);
    await terminated.terminate();
    assert.equal(await status(terminated), 'TERMINATED');
    const timed = await t.start(conditionWithTimeout, { args: [100_000], workflowRunTimeout: '1s' });
    await pause(t, timed);
    await failureOf(timed.result());
    assert.equal(await status(timed), 'TIMED_OUT');
    const refusal = { code: 'NOT_FOUND', details: 'workflow execution already completed' };
    assert.deepEqual(await refusalOf(pause(t, timed)), refusal);
    assert.deepEqual(await refusalOf(resume(t, timed)), refusal);
  }),
  pauseScenario('a pause is asked for once, and ended once', async (t) => {
    const handle = await t.start(nothing);
    assert.deepEqual(await refusalOf(resume(t, handle)), {
      code: 'FAILED_PRECONDITION',
      details: 'workflow is not paused.',
    });
    await pause(t, handle, 'once');
    await pause(t, handle, 'once');
    assert.deepEqual(await refusalOf(pause(t, handle)), {
      code: 'FAILED_PRECONDITION',
      details: 'workflow is already paused.',
    });
    assert.equal(count(await t.eventTypes(handle), 'WorkflowExecutionPaused'), 1);
    const long = t.raw.pauseWorkflowExecution({
      namespace: t.namespace,
      workflowId: handle.workflowId,
      reason: 'a'.repeat(1001),
    });
    assert.deepEqual(await refusalOf(long), { code: 'INVALID_ARGUMENT', details: 'reason is too long.' });
  }),
  pauseScenario('descriptions, lists and counts show paused runs', async (t) => {
    const handle = await t.start(nothing);
    await t.start(nothing);
    await pause(t, handle);
    const { raw, closeTime } = await handle.describe();
    assert.equal(closeTime, undefined);
    const info = raw.workflowExtendedInfo?.pauseInfo;
    assert.deepEqual([info?.identity, info?.reason], ['somebody', 'a look']);
    assert.ok(info?.pausedTime);
    const query = `WorkflowId = '${handle.workflowId}' AND ExecutionStatus`;
    const ids = async (state: string): Promise<string[]> => {
      const found: string[] = [];
      const all = t.client.workflow.list({ query: `${query} = '${state}'` });
      for await (const { workflowId } of all) found.push(workflowId);
      return found;
    };
    await t.eventually(async () => assert.deepEqual(await ids('Paused'), [handle.workflowId]));
    assert.deepEqual(await ids('Running'), []);
    assert.equal((await t.client.workflow.count(`${query} = 'Paused'`)).count, 1);
    await resume(t, handle);
    await t.eventually(async () => assert.deepEqual(await ids('Running'), [handle.workflowId]));
    assert.equal((await handle.describe()).raw.workflowExtendedInfo?.pauseInfo ?? undefined, undefined);
  }),
]);
