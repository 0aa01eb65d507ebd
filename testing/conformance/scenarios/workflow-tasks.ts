import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { HistoryEvent, Scenario, ScenarioContext } from '../scenario.ts';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { count, deferred, errorOf, failureOf, gates } from '../support.ts';
import * as workflows from '../workflows/workflow-tasks.ts';

/** Much longer than an attempt that is answered takes on a slow machine; an attempt that is not answered is waited for as long. */
const taskTimeout = { workflowTaskTimeout: '3s' } as const;
const uncached = { maxCachedWorkflows: 0 } as const;
const changed = { noReplay: { reason: 'the newer code does not fit the history, which is the point' } };

const cause = { unhandledCommand: 1, unhandledFailure: 14, nonDeterministic: 24 } as const;

function failedCauses(events: readonly HistoryEvent[]): unknown[] {
  return events.flatMap((event) => event.workflowTaskFailedEventAttributes?.cause ?? []);
}

/** A run that stands at gate `ending` with its closing task, while a note arrives. */
async function noteWhileEnding(
  t: ScenarioContext,
  how: string,
): Promise<WorkflowHandleWithFirstExecutionRunId<typeof workflows.endAtGate>> {
  const gate = gates();
  await t.startWorker({ sinks: gate.sinks });
  const handle = await t.start(workflows.endAtGate);
  await t.waitForEvent(handle, 'WorkflowTaskCompleted');
  await handle.signal(workflows.end, how);
  await gate.reached('ending');
  await handle.signal(workflows.note, 'in the last moment');
  gate.open('ending');
  return handle;
}

/** Waits until the first attempt of a task failed and the second is out, which is not answered before it times out. */
async function waitForFailedTask(t: ScenarioContext, handle: WorkflowHandle, failures = 1): Promise<string> {
  const events = await t.waitForEvent(handle, 'WorkflowTaskFailed', failures);
  assert.deepEqual(failedCauses(events), Array<number>(failures).fill(cause.unhandledFailure));
  await t.eventually(async () => {
    const { pendingWorkflowTask } = (await handle.describe()).raw;
    return pendingWorkflowTask?.attempt === 2 && pendingWorkflowTask.state === 2; /* STARTED */
  });
  const failed = events.find((event) => event.workflowTaskFailedEventAttributes);
  return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? '';
}

/** Tasks that fail, time out, come too late; runs without a worker that could work on them. */
export const workflowTasks: readonly Scenario[] = topic('workflow-tasks', [
  scenario('an error that is no failure fails the task, and a later one succeeds', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.brokenUntilRepaired, taskTimeout);
    await waitForFailedTask(t, handle);
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await handle.signal(workflows.repair);
    assert.equal(await handle.result(), 'repaired');
  }),
  scenario('a task after the first may fail as well', async (t) => {
    await t.startWorker(uncached);
    const handle = await t.start(workflows.breaksLater, taskTimeout);
    await waitForFailedTask(t, handle);
    await handle.signal(workflows.repair);
    assert.equal(await handle.result(), 'repaired');
  }),
  scenario('a failed task of a sticky queue counts as no attempt', async (t) => {
    await t.startWorker({ maxCachedWorkflows: 10 });
    const handle = await t.start(workflows.breaksLater, taskTimeout);
    await waitForFailedTask(t, handle, 2);
    await handle.signal(workflows.repair);
    assert.equal(await handle.result(), 'repaired');
  }),
  scenario('only the first attempt of a task writes events', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.brokenUntilRepaired, taskTimeout);
    await t.waitForEvent(handle, 'WorkflowTaskFailed');
    await t.eventually(async () => ((await handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) >= 3);
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskFailed'), 1);
    assert.ok(!(await t.eventTypes(handle)).includes('WorkflowTaskTimedOut'));
  }),
  scenario('an unhandled rejection fails the task', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.rejectsUnhandled, taskTimeout);
    assert.match(await waitForFailedTask(t, handle), /nobody cares/);
    await handle.signal(workflows.repair);
    assert.equal(await handle.result(), 'repaired');
  }),
  scenario('a type that the worker lacks fails the task, and another worker takes the run', async (t) => {
    const lacking = await t.startWorker({ bundle: 'before', ...uncached });
    const handle = await t.start(workflows.takeNotes, taskTimeout);
    assert.match(await waitForFailedTask(t, handle), /takeNotes/);
    assert.equal((await handle.describe()).status.name, 'RUNNING');
    await lacking.stop();
    await handle.signal(workflows.end);
    await t.startWorker(uncached);
    assert.deepEqual(await handle.result(), []);
  }),
  scenario('a task that is not answered in time is given out again', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(workflows.slowFirstTask, taskTimeout);
    await gate.reached('first');
    await t.waitForEvent(handle, 'WorkflowTaskTimedOut');
    gate.open('first');
    assert.equal(await handle.result(), 'done');
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskTimedOut'), 1);
  }),
  scenario(
    'code that does not fit the history fails the task as non-deterministic',
    async (t) => {
      const older = await t.startWorker({ bundle: 'before', ...uncached });
      const handle = await t.start(workflows.changedInTheMiddle);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
      await older.stop();
      await t.startWorker({ ...uncached, activities: { any: async () => 1 } });
      await handle.signal(workflows.end);
      assert.deepEqual(failedCauses(await t.waitForEvent(handle, 'WorkflowTaskFailed')), [cause.nonDeterministic]);
      assert.equal((await handle.describe()).status.name, 'RUNNING');
    },
    changed,
  ),
  scenario(
    'another type of activity than in the history is non-deterministic',
    async (t) => {
      const finish = deferred();
      const older = await t.startWorker({ bundle: 'before', ...uncached });
      const other = await t.startWorker({ taskQueue: `${t.taskQueue}-x`, activities: { any: async () => 1 } });
      const handle = await t.start(workflows.changedActivity);
      await t.waitForEvent(handle, 'ActivityTaskScheduled');
      await Promise.all([older.stop(), other.stop()]);
      await t.startWorker({
        ...uncached,
        activities: { oldType: async () => finish.resolve(), newType: async () => 2 },
      });
      await finish.promise;
      assert.deepEqual(failedCauses(await t.waitForEvent(handle, 'WorkflowTaskFailed')), [cause.nonDeterministic]);
    },
    changed,
  ),
  scenario('a signal while the run completes makes it think again', async (t) => {
    const handle = await noteWhileEnding(t, 'complete');
    assert.deepEqual(await handle.result(), ['in the last moment']);
    assert.deepEqual(failedCauses(await t.history(handle)), [cause.unhandledCommand]);
  }),
  scenario('a signal while the run fails makes it think again', async (t) => {
    const handle = await noteWhileEnding(t, 'fail');
    assert.equal((await failureOf(handle.result()))[1]?.message, 'failed after 1 notes');
    assert.deepEqual(failedCauses(await t.history(handle)), [cause.unhandledCommand]);
  }),
  scenario('a signal while the run continues as new makes it think again', async (t) => {
    const handle = await noteWhileEnding(t, 'continue');
    assert.deepEqual(await handle.result(), ['continued']);
    assert.deepEqual(failedCauses(await t.history(handle, handle.firstExecutionRunId)), [cause.unhandledCommand]);
  }),
  scenario('a result that arrives while the run completes makes it think again', async (t) => {
    const gate = gates();
    const finish = deferred<string>();
    await t.startWorker({ sinks: gate.sinks, activities: { work: () => finish.promise } });
    const handle = await t.start(workflows.endOverActivity, { args: ['work'] });
    await t.waitForEvent(handle, 'ActivityTaskScheduled');
    await handle.signal(workflows.end);
    await gate.reached('ending');
    finish.resolve('result');
    await t.eventually(async () => (await handle.describe()).raw.pendingActivities?.length === 0);
    gate.open('ending');
    await handle.result();
    assert.deepEqual(failedCauses(await t.history(handle)), [cause.unhandledCommand]);
  }),
  scenario('a cancel request while the run completes makes it think again', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(workflows.endAtGate);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(workflows.end, 'complete');
    await gate.reached('ending');
    await handle.cancel();
    gate.open('ending');
    await handle.result().catch(() => {});
    assert.deepEqual(failedCauses(await t.history(handle)), [cause.unhandledCommand]);
  }),
  scenario('terminated while a task is out, a run is closed at once', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(workflows.slowFirstTask);
    await gate.reached('first');
    await handle.terminate('enough');
    assert.equal((await handle.describe()).status.name, 'TERMINATED');
    gate.open('first');
    assert.equal((await failureOf(handle.result()))[1]?.name, 'TerminatedFailure');
  }),
  scenario('commands after the end are carried out before it', async (t) => {
    await t.startWorker({ activities: { any: async () => 1 } });
    const handle = await t.start(workflows.commandsAfterTheEnd, { args: ['any'] });
    assert.equal(await handle.result(), 'ended');
  }),
  scenario('commands after a failure are carried out before it', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.commandsAfterFailure);
    await failureOf(handle.result());
    assert.equal((await handle.describe()).status.name, 'FAILED');
  }),
  scenario('without a worker a run takes signals, a cancel request and its end', async (t) => {
    const handle = await t.start(workflows.takeNotes);
    await handle.signal(workflows.note, 'one');
    await handle.signal(workflows.note, 'two');
    await handle.cancel();
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionSignaled',
      'WorkflowExecutionCancelRequested',
    ]);
    await handle.terminate('no worker');
    assert.equal((await handle.describe()).status.name, 'TERMINATED');
    const { name, message } = (await failureOf(handle.result()))[1] ?? {};
    assert.deepEqual([name, message], ['TerminatedFailure', 'no worker']);
    assert.ok(await errorOf(handle.signal(workflows.note, 'three')));
    assert.ok(await errorOf(handle.terminate()));
  }),
  scenario('signals from before the first task are there in it', async (t) => {
    const handle = await t.start(workflows.takeNotes);
    for (const text of ['one', 'two', 'three']) await handle.signal(workflows.note, text);
    await handle.signal(workflows.end);
    await t.startWorker();
    assert.deepEqual(await handle.result(), ['one', 'two', 'three']);
  }),
  scenario(
    'a worker takes over what another left, with all that happened before',
    async (t) => {
      const first = await t.startWorker(uncached);
      const handle = await t.start(workflows.takeNotes);
      await handle.signal(workflows.note, 'to the first');
      await t.eventually(async () => (await handle.query(workflows.notes)).length === 1);
      await first.stop();
      await handle.signal(workflows.note, 'to nobody');
      await t.startWorker(uncached);
      await t.eventually(async () => (await handle.query(workflows.notes)).length === 2);
      await handle.signal(workflows.end);
      assert.deepEqual(await handle.result(), ['to the first', 'to nobody']);
    },
    { history: { compare: 'none', reason: 'the first signal may be in the first task or the second' } },
  ),
]);
