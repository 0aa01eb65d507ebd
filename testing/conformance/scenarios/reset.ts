import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { failureOf, gates } from '../support.ts';
import { release } from '../workflows/continue-as-new.ts';
import { add, collect, finish, waitForever } from '../workflows/messages.ts';
import * as workflows from '../workflows/reset.ts';

type Request = temporal.api.workflowservice.v1.IResetWorkflowExecutionRequest;

/** After the first workflow task, of runs that nothing came to before. */
const afterFirstTask = 4;
const signalsOnly = 1;
const nothingReapplied = 2;

interface Workflow {
  readonly workflowId: string;
}

/** Lets the workflow go back; gives the id of the run that goes on. */
async function reset(
  t: ScenarioContext,
  { workflowId }: Workflow,
  eventId: number,
  { runId, ...request }: Request & { readonly runId?: string } = {},
): Promise<string> {
  const answer = await t.raw.resetWorkflowExecution({
    namespace: t.namespace,
    workflowExecution: { workflowId, ...(runId ? { runId } : {}) },
    workflowTaskFinishEventId: eventId as never,
    reason: 'to see it again',
    requestId: randomUUID(),
    ...request,
  });
  t.track(workflowId, answer.runId);
  return answer.runId;
}

async function status(t: ScenarioContext, { workflowId }: Workflow, runId?: string): Promise<string> {
  return (await t.client.workflow.getHandle(workflowId, runId).describe()).status.name;
}

/** Waits for the nth completed task of the workflow's current run; gives its id. */
async function taskOf(t: ScenarioContext, handle: Workflow, count: number): Promise<number> {
  const events = await t.waitForEvent(handle, 'WorkflowTaskCompleted', count);
  return Number(events.filter((event) => eventTypeName(event) === 'WorkflowTaskCompleted')[count - 1]?.eventId);
}

function current<T>(t: ScenarioContext, { workflowId }: Workflow): WorkflowHandle<() => Promise<T>> {
  return t.client.workflow.getHandle<() => Promise<T>>(workflowId);
}

const step = { activities: { step: async () => 'step' } };

/** Workflows that go back to an earlier point. */
export const resets: readonly Scenario[] = topic('reset', [
  scenario('a run goes back, and signals come again', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect);
    await taskOf(t, handle, 1);
    await handle.signal(add, 1);
    await taskOf(t, handle, 2);
    const runId = await reset(t, handle, afterFirstTask);
    await taskOf(t, handle, 1);
    const now = current<unknown[]>(t, handle);
    await now.signal(finish);
    assert.deepEqual(await now.result(), [1]);
    assert.equal(await status(t, handle, handle.firstExecutionRunId), 'TERMINATED');
    const base = (await t.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).describe()).raw;
    assert.equal(base.workflowExtendedInfo?.resetRunId, runId);
    const next = (await now.describe()).raw;
    assert.equal(next.workflowExecutionInfo?.firstRunId, handle.firstExecutionRunId);
    assert.deepEqual(next.workflowExtendedInfo?.lastResetTime, next.workflowExecutionInfo?.startTime);
    assert.deepEqual(next.workflowExtendedInfo?.originalStartTime, base.workflowExecutionInfo?.startTime);
  }),
  scenario('signals are left out on demand', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect);
    await taskOf(t, handle, 1);
    await handle.signal(add, 1);
    await taskOf(t, handle, 2);
    await reset(t, handle, afterFirstTask, { resetReapplyType: nothingReapplied });
    await taskOf(t, handle, 1);
    await reset(t, handle, afterFirstTask, { resetReapplyExcludeTypes: [1] });
    await taskOf(t, handle, 1);
    const now = current<unknown[]>(t, handle);
    await now.signal(finish);
    assert.deepEqual(await now.result(), []);
  }),
  scenario('a task that nobody has taken is failed', async (t) => {
    const handle = await t.start(waitForever);
    await handle.signal(add, 1);
    const runId = await reset(t, handle, 3);
    assert.deepEqual((await t.eventTypes(handle, runId)).slice(2), [
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
    await current(t, handle).terminate('enough');
  }),
  scenario('what activities gave before stays', async (t) => {
    let calls = 0;
    await t.startWorker({ activities: { step: async () => ++calls } });
    const handle = await t.start(workflows.stepThenCollect);
    const second = await taskOf(t, handle, 2);
    await reset(t, handle, second);
    await taskOf(t, handle, 2);
    await reset(t, handle, afterFirstTask);
    const now = current<unknown[]>(t, handle);
    await taskOf(t, handle, 2);
    await now.signal(finish);
    assert.deepEqual(await now.result(), [2]);
    assert.equal(calls, 2);
  }),
  scenario(
    'activities and timers that were pending go on',
    async (t) => {
      const gate = gates();
      let calls = 0;
      const activities = {
        step: async () => {
          if (++calls === 1) await new Promise<void>((resolve) => setTimeout(resolve, 2500));
          return `call ${calls}`;
        },
      };
      await t.startWorker({ activities, sinks: gate.sinks });
      const handle = await t.start(workflows.collectBeside, { args: [60_000] });
      await taskOf(t, handle, 1);
      await handle.signal(add, 'first');
      const second = await taskOf(t, handle, 2);
      const runId = await reset(t, handle, second);
      await t.eventually(async () => (await t.eventTypes(handle, runId)).includes('ActivityTaskCompleted'));
      const { raw } = await current(t, handle).describe();
      assert.equal(raw.pendingActivities?.length ?? 0, 0);
      assert.equal(calls, 2);
      await current(t, handle).terminate('enough');
    },
    { history: { compare: 'none', reason: 'when the activity ends is a matter of time' } },
  ),
  scenario('a run that has ended goes on', async (t) => {
    await t.startWorker(step);
    const handle = await t.start(workflows.stepThenCollect);
    const second = await taskOf(t, handle, 2);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), ['step']);
    const requestId = randomUUID();
    const runId = await reset(t, handle, second, { requestId, resetReapplyType: nothingReapplied });
    assert.equal(await reset(t, handle, second, { requestId }), runId);
    assert.equal(await status(t, handle, handle.firstExecutionRunId), 'COMPLETED');
    const now = current<unknown[]>(t, handle);
    await taskOf(t, handle, 2);
    await now.signal(add, 'more');
    await taskOf(t, handle, 3);
    await now.signal(finish);
    assert.deepEqual(await now.result(), ['step', 'more']);
  }),
  scenario(
    'updates come again',
    async (t) => {
      await t.startWorker(step);
      const handle = await t.start(workflows.stepThenCollect);
      await taskOf(t, handle, 2);
      assert.equal(await handle.executeUpdate(workflows.put, { args: ['put'], updateId: 'first' }), 2);
      await reset(t, handle, afterFirstTask);
      const now = current<unknown[]>(t, handle);
      await t.waitForEvent(handle, 'WorkflowExecutionUpdateCompleted');
      assert.equal(await now.getUpdateHandle<number>('first').result(), 1);
      await now.signal(finish);
      assert.deepEqual(await now.result(), ['put', 'step']);
    },
    { history: { compare: 'none', reason: 'the activity may end before or after the second task' } },
  ),
  scenario('updates are left out on demand', async (t) => {
    await t.startWorker(step);
    const handle = await t.start(workflows.stepThenCollect);
    const second = await taskOf(t, handle, 2);
    await handle.executeUpdate(workflows.put, { args: ['put'] });
    await handle.signal(add, 'added');
    await reset(t, handle, second, { resetReapplyType: signalsOnly });
    const now = current<unknown[]>(t, handle);
    await taskOf(t, handle, 2);
    await now.signal(finish);
    assert.deepEqual(await now.result(), ['added', 'step']);
  }),
  scenario('what came to later runs comes to the one that goes back', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.collectTwice);
    await taskOf(t, handle, 1);
    await handle.signal(add, 'first run');
    await taskOf(t, handle, 2);
    await handle.signal(finish);
    await t.eventually(async () => (await current(t, handle).describe()).runId !== handle.firstExecutionRunId);
    await taskOf(t, handle, 1);
    await current(t, handle).signal(add, 'second run');
    await taskOf(t, handle, 2);
    const { runId: second } = await current(t, handle).describe();
    const runId = await reset(t, handle, afterFirstTask, { runId: handle.firstExecutionRunId });
    assert.equal(await status(t, handle, second), 'TERMINATED');
    const signals = (await t.history(handle, runId)).filter((event) => event.workflowExecutionSignaledEventAttributes);
    assert.deepEqual(
      signals.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName),
      ['add', 'finish', 'add'],
    );
    await t.eventually(async () => (await current(t, handle).describe()).runId !== runId);
    await taskOf(t, handle, 1);
    await current(t, handle).terminate('enough');
  }),
  scenario('a child stays with its parent', async (t) => {
    await t.startWorker();
    const child = t.workflowId('child');
    const handle = await t.start(workflows.collectWithChild, { args: [child] });
    const second = await taskOf(t, handle, 2);
    await reset(t, handle, second);
    assert.equal(await status(t, { workflowId: child }), 'RUNNING');
    await taskOf(t, handle, 2);
    await t.client.workflow.getHandle(child).signal(release);
    const now = current<unknown[]>(t, handle);
    await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
    await taskOf(t, handle, 3);
    await now.signal(finish);
    assert.deepEqual(await now.result(), ['released']);
  }),
  scenario('what became of a child is known to the run that goes back', async (t) => {
    await t.startWorker();
    const child = t.workflowId('child');
    const handle = await t.start(workflows.collectWithChild, { args: [child] });
    const second = await taskOf(t, handle, 2);
    await t.client.workflow.getHandle(child).signal(release);
    await taskOf(t, handle, 3);
    await reset(t, handle, second);
    await taskOf(t, handle, 2);
    const now = current<unknown[]>(t, handle);
    await now.signal(finish);
    assert.deepEqual(await now.result(), ['released']);
  }),
  scenario('a child that is started again has its id in use', async (t) => {
    await t.startWorker();
    const child = t.workflowId('child');
    const handle = await t.start(workflows.collectWithChild, { args: [child] });
    await taskOf(t, handle, 2);
    await reset(t, handle, afterFirstTask);
    await failureOf(current(t, handle).result());
    await t.waitForEvent(handle, 'StartChildWorkflowExecutionFailed');
    await t.client.workflow.getHandle(child).signal(release);
    await t.client.workflow.getHandle(child).result();
  }),
  scenario('a parent waits for the run that its child goes on as', async (t) => {
    await t.startWorker();
    const child = { workflowId: t.workflowId('child') };
    const handle = await t.start(workflows.collectWithChild, { args: [child.workflowId] });
    await taskOf(t, handle, 2);
    await taskOf(t, child, 1);
    await reset(t, child, afterFirstTask);
    await taskOf(t, child, 1);
    await current(t, child).signal(release);
    await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
    await taskOf(t, handle, 3);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), ['released']);
  }),
  scenario('points that are none are refused', async (t) => {
    await t.startWorker(step);
    const handle = await t.start(workflows.stepThenCollect);
    await taskOf(t, handle, 2);
    const refused = async (eventId: number, request: Request = {}): Promise<string> => {
      const { code, details } = await refusalOf(reset(t, handle, eventId, request));
      return `${code}: ${details}`;
    };
    const outside = 'INVALID_ARGUMENT: Workflow task finish ID must be > 1 && <= workflow last event ID.';
    assert.equal(await refused(1), outside);
    assert.equal(await refused(0), outside);
    assert.equal(await refused(11), outside);
    const torn = (last: number): string =>
      `INVALID_ARGUMENT: StateRebuilder unable to Rebuild mutable state to event ID: ${last}, version: 0, this event must be at the boundary`;
    assert.equal(await refused(2), torn(1));
    assert.equal(await refused(5), torn(4));
    assert.equal(
      await refused(6),
      'INVALID_ARGUMENT: Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: 6',
    );
    assert.equal(await refused(4, { requestId: '' }), 'INVALID_ARGUMENT: RequestId is not set on request.');
    assert.equal(await refused(4, { workflowExecution: null }), 'INVALID_ARGUMENT: Execution is not set on request.');
    const missing = { workflowExecution: { workflowId: t.workflowId('missing') } };
    assert.match(await refused(4, missing), /^NOT_FOUND: /);
    await handle.terminate('enough');
  }),
]);
