import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { failureOf, gates } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import { callChild, continueAtFinish } from '../workflows/children.ts';
import { failWith } from '../workflows/failures.ts';
import { collect, finish, waitForever } from '../workflows/messages.ts';
import { holdThenCollect } from '../workflows/signals.ts';
import { memo, startByHand } from '../rpc.ts';

const status = async (t: ScenarioContext, workflowId: string, runId?: string): Promise<string> =>
  (await t.client.workflow.getHandle(workflowId, runId).describe()).status.name;

/** What descriptions say about open and closed runs. */
export const descriptions: readonly Scenario[] = topic('descriptions', [
  scenario(
    'each end has its status',
    async (t) => {
      await t.startWorker();
      const completed = await t.start(nothing);
      const failed = await t.start(failWith, { args: [[{ message: 'on purpose' }]] });
      const cancelled = await t.start(waitForever);
      const terminated = await t.start(waitForever);
      const timedOut = await t.start(waitForever, { workflowRunTimeout: '700ms' });
      await cancelled.cancel();
      await terminated.terminate();
      await completed.result();
      for (const handle of [failed, cancelled, terminated, timedOut]) await failureOf(handle.result());
      const all = [completed, failed, cancelled, terminated, timedOut];
      assert.deepEqual(await Promise.all(all.map(({ workflowId }) => status(t, workflowId))), [
        'COMPLETED',
        'FAILED',
        'CANCELLED',
        'TERMINATED',
        'TIMED_OUT',
      ]);
    },
    { history: { compare: 'none', reason: 'whether requests come before the first task is a matter of time' } },
  ),
  scenario('a run of a chain is described by its run id, the current one without', async (t) => {
    await t.startWorker();
    const handle = await t.start(continueAtFinish, { args: [1] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    await t.eventually(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
    assert.equal(await status(t, handle.workflowId, handle.firstExecutionRunId), 'CONTINUED_AS_NEW');
    assert.equal(await status(t, handle.workflowId), 'RUNNING');
    const { raw } = await handle.describe();
    assert.equal(raw.workflowExecutionInfo?.firstRunId, handle.firstExecutionRunId);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
  }),
  scenario('a task that is out is started', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(holdThenCollect);
    await gate.reached('closing');
    const { pendingWorkflowTask } = (await handle.describe()).raw;
    assert.equal(pendingWorkflowTask?.state, 2 /* STARTED */);
    assert.equal(pendingWorkflowTask?.attempt, 1);
    assert.ok(pendingWorkflowTask?.startedTime);
    gate.open('closing');
    await handle.result();
    assert.equal((await handle.describe()).raw.pendingWorkflowTask ?? undefined, undefined);
  }),
  scenario('a run at rest has no pending task', async (t) => {
    await t.startWorker();
    const handle = await t.start(waitForever);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const { raw } = await handle.describe();
    assert.equal(raw.pendingWorkflowTask ?? undefined, undefined);
    assert.deepEqual(raw.pendingActivities ?? [], []);
    assert.deepEqual(raw.pendingChildren ?? [], []);
    assert.equal(Number(raw.workflowExecutionInfo?.historyLength), 4);
    assert.equal(Number(raw.workflowExecutionInfo?.stateTransitionCount), 3);
  }),
  scenario('a cancel request shows', async (t) => {
    const handle = await t.start(waitForever);
    assert.equal((await handle.describe()).raw.workflowExtendedInfo?.cancelRequested ?? false, false);
    await handle.cancel();
    const { raw } = await handle.describe();
    assert.equal(raw.workflowExtendedInfo?.cancelRequested, true);
    assert.equal(Number(raw.workflowExecutionInfo?.historyLength), 3);
  }),
  scenario('expiration times show', async (t) => {
    const handle = await t.start(waitForever, { workflowExecutionTimeout: '2h', workflowRunTimeout: '1h' });
    const { raw } = await handle.describe();
    const start = Number(raw.workflowExecutionInfo?.startTime?.seconds);
    const { executionExpirationTime, runExpirationTime } = raw.workflowExtendedInfo ?? {};
    assert.ok(Math.abs(Number(executionExpirationTime?.seconds) - start - 7_200) <= 1);
    assert.ok(Math.abs(Number(runExpirationTime?.seconds) - start - 3_600) <= 1);
  }),
  scenario('a closed run keeps memo and length, and has times', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    await startByHand(t, { workflowId, memo: memo({ keep: 'me' }) });
    const handle = t.client.workflow.getHandle(workflowId);
    await handle.result();
    const description = await handle.describe();
    assert.deepEqual(description.memo, { keep: 'me' });
    assert.equal(description.historyLength, 5);
    const { executionTime, startTime, closeTime } = description;
    assert.equal(executionTime?.getTime(), startTime.getTime());
    assert.ok(closeTime && closeTime >= startTime);
    const info = description.raw.workflowExecutionInfo;
    assert.ok(info?.executionDuration);
    assert.equal(Number(info?.stateTransitionCount), 3);
  }),
  scenario('the length counts events as they come', async (t) => {
    const handle = await t.start(collect);
    for (let i = 0; i < 3; i++) await handle.signal('add', i);
    assert.equal((await handle.describe()).historyLength, 5);
  }),
  scenario('a child names its parent and the root, and the parent its child', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('child');
    const handle = await t.start(callChild, { args: [{ type: 'waitForever', options: { workflowId } }] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    await t.waitForEvent({ workflowId }, 'WorkflowTaskCompleted');
    const child = await t.client.workflow.getHandle(workflowId).describe();
    assert.deepEqual(
      { ...child.parentExecution },
      { workflowId: handle.workflowId, runId: handle.firstExecutionRunId },
    );
    assert.deepEqual({ ...child.rootExecution }, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId });
    const { pendingChildren } = (await handle.describe()).raw;
    assert.equal(pendingChildren?.[0]?.runId, child.runId);
  }),
  scenario(
    'a failed task shows its attempt',
    async (t) => {
      const handle = await t.start('noSuchWorkflowType');
      await t.startWorker();
      await t.waitForEvent(handle, 'WorkflowTaskFailed');
      await t.eventually(async () => {
        const { pendingWorkflowTask } = (await handle.describe()).raw;
        assert.ok((pendingWorkflowTask?.attempt ?? 0) >= 2);
      });
      assert.equal((await handle.describe()).historyLength, 4);
    },
    { noReplay: { reason: 'there is no such workflow' } },
  ),
]);
