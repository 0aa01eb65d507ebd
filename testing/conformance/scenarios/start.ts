import assert from 'node:assert/strict';
import { Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { memo, payloads, refusalOf, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import { echo, nothing } from '../workflows/basics.ts';
import { failWith } from '../workflows/failures.ts';
import { waitForever } from '../workflows/messages.ts';
import { seenAtStart } from '../workflows/start.ts';

const anyone = { name: 'waitForever' };

/** The error of a start that finds the id taken. */
async function taken(promise: Promise<unknown>): Promise<{ name: string; workflowId: string; workflowType: string }> {
  const error = await errorOf(promise);
  assert.ok(error instanceof WorkflowExecutionAlreadyStartedError, String(error));
  assert.equal(error.message, 'Workflow execution already started');
  return error;
}

async function failed(t: ScenarioContext, workflowId: string): Promise<void> {
  await failureOf(t.execute(failWith, { workflowId, args: [[{ message: 'on purpose', nonRetryable: true }]] }));
}

/** Ids, policies of reuse and conflict, request ids, what a start keeps and what it refuses. */
export const start: readonly Scenario[] = topic('start', [
  scenario('a second start of an open workflow is refused', async (t) => {
    const handle = await t.start(waitForever);
    const error = await taken(t.start(nothing, { workflowId: handle.workflowId }));
    assert.equal(error.workflowId, handle.workflowId);
    assert.equal(error.workflowType, 'nothing');
  }),
  scenario('the refusal says what runs and which request started it', async (t) => {
    const workflowId = t.workflowId();
    const { runId } = await startByHand(t, { workflowId, workflowType: anyone });
    const refusal = await refusalOf(startByHand(t, { workflowId }));
    assert.equal(refusal.code, 'ALREADY_EXISTS');
    assert.equal(refusal.details, `Workflow execution is already running. WorkflowId: ${workflowId}, RunId: ${runId}.`);
  }),
  scenario('an id may be used again after the end, by default', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const first = await t.start(nothing, { workflowId });
    await first.result();
    const second = await t.start(nothing, { workflowId });
    await second.result();
    assert.notEqual(second.firstExecutionRunId, first.firstExecutionRunId);
    assert.equal((await t.client.workflow.getHandle(workflowId).describe()).runId, second.firstExecutionRunId);
  }),
  scenario('reuse policy REJECT_DUPLICATE refuses after every end', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const handle = await t.start(nothing, { workflowId });
    await handle.result();
    await taken(t.start(nothing, { workflowId, workflowIdReusePolicy: 'REJECT_DUPLICATE' }));
    const refusal = await refusalOf(startByHand(t, { workflowId, workflowIdReusePolicy: 3 }));
    assert.deepEqual(refusal, {
      code: 'ALREADY_EXISTS',
      details: `Workflow execution already finished. WorkflowId: ${workflowId}, RunId: ${handle.firstExecutionRunId}. Workflow Id reuse policy: reject duplicate workflow Id.`,
    });
  }),
  scenario('reuse policy ALLOW_DUPLICATE_FAILED_ONLY allows after a failure only', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId();
    const policy = { workflowId, workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' } as const;
    await failed(t, workflowId);
    const handle = await t.start(nothing, policy);
    await handle.result();
    await taken(t.start(nothing, policy));
    const refusal = await refusalOf(startByHand(t, { workflowId, workflowIdReusePolicy: 2 }));
    assert.deepEqual(refusal, {
      code: 'ALREADY_EXISTS',
      details: `Workflow execution already finished successfully. WorkflowId: ${workflowId}, RunId: ${handle.firstExecutionRunId}. Workflow Id reuse policy: allow duplicate workflow Id if last run failed.`,
    });
  }),
  scenario('failed means terminated, too', async (t) => {
    const workflowId = t.workflowId();
    const first = await t.start(waitForever, { workflowId });
    await first.terminate();
    await t.start(waitForever, { workflowId, workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' });
  }),
  scenario('conflict policy USE_EXISTING gives the open run', async (t) => {
    const first = await t.start(waitForever);
    const { workflowId } = first;
    const second = await t.start(nothing, { workflowId, workflowIdConflictPolicy: 'USE_EXISTING' });
    assert.equal(second.firstExecutionRunId, first.firstExecutionRunId);
    const byHand = await startByHand(t, { workflowId, workflowIdConflictPolicy: 2 });
    assert.deepEqual(byHand, { runId: first.firstExecutionRunId, started: false });
  }),
  scenario('conflict policy TERMINATE_EXISTING ends the open run and starts another', async (t) => {
    const first = await t.start(waitForever);
    const { workflowId } = first;
    const second = await t.start(waitForever, { workflowId, workflowIdConflictPolicy: 'TERMINATE_EXISTING' });
    assert.notEqual(second.firstExecutionRunId, first.firstExecutionRunId);
    const old = t.client.workflow.getHandle(workflowId, first.firstExecutionRunId);
    assert.equal((await old.describe()).status.name, 'TERMINATED');
    assert.equal((await t.client.workflow.getHandle(workflowId).describe()).status.name, 'RUNNING');
  }),
  scenario('reuse policy TERMINATE_IF_RUNNING ends the open run and starts another', async (t) => {
    const workflowId = t.workflowId();
    const first = await startByHand(t, { workflowId, workflowType: anyone });
    const second = await startByHand(t, { workflowId, workflowType: anyone, workflowIdReusePolicy: 4 });
    assert.equal(second.started, true);
    assert.notEqual(second.runId, first.runId);
    const events = await t.history({ workflowId }, first.runId);
    assert.equal(events.at(-1)?.workflowExecutionTerminatedEventAttributes?.identity, 'history-service');
  }),
  scenario('reuse policy TERMINATE_IF_RUNNING and a conflict policy exclude each other', async (t) => {
    const policies = { workflowIdReusePolicy: 4, workflowIdConflictPolicy: 1 } as const;
    assert.deepEqual(await refusalOf(startByHand(t, policies)), {
      code: 'INVALID_ARGUMENT',
      details:
        'Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy.',
    });
  }),
  scenario('a start that is sent twice starts once', async (t) => {
    const request = { workflowId: t.workflowId(), workflowType: anyone, requestId: 'the same' };
    const first = await startByHand(t, request);
    const second = await startByHand(t, request);
    assert.equal(second.runId, first.runId);
    assert.equal(first.started, true);
    assert.equal(second.started, true);
    assert.equal((await t.history(request)).length, 2);
  }),
  scenario('a start that is sent again after the end starts nothing', async (t) => {
    await t.startWorker();
    const request = { workflowId: t.workflowId(), requestId: 'the same' };
    const first = await startByHand(t, request);
    await t.client.workflow.getHandle(request.workflowId).result();
    const second = await startByHand(t, request);
    assert.equal(second.runId, first.runId);
  }),
  scenario('the start keeps what it is given', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('kept');
    const { runId } = await startByHand(t, {
      workflowId,
      workflowType: { name: 'seenAtStart' },
      memo: memo({ note: { deep: [1] } }),
      input: payloads('unused'),
      identity: 'me',
      header: { fields: { trace: payloads('abc').payloads?.[0] ?? {} } },
    });
    assert.deepEqual(await t.client.workflow.result(workflowId, runId), {
      memo: { note: { deep: [1] } },
      attempt: 1,
      workflowId,
    });
  }),
  scenario('a delayed start gives its first task later', async (t) => {
    await t.startWorker();
    const begin = Date.now();
    const handle = await t.start(nothing, { startDelay: 400 });
    assert.deepEqual(await t.eventTypes(handle), ['WorkflowExecutionStarted']);
    const open = await handle.describe();
    assert.equal(open.status.name, 'RUNNING');
    assert.ok((open.executionTime?.getTime() ?? 0) - open.startTime.getTime() >= 399);
    await handle.result();
    assert.ok(Date.now() - begin >= 395);
  }),
  scenario('a signal to a delayed start waits with it; signal with start does not wait', async (t) => {
    const handle = await t.start(waitForever, { startDelay: '1 minute' });
    await handle.signal('add', 1);
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowExecutionSignaled',
      'WorkflowTaskScheduled',
    ]);
  }),
  scenario('a description right after the start', async (t) => {
    const handle = await t.start(echo, {
      args: [1],
      memo: { a: 1 },
      workflowExecutionTimeout: '1h',
      workflowRunTimeout: '30m',
      workflowTaskTimeout: '7s',
    });
    const { raw } = await handle.describe();
    const info = raw.workflowExecutionInfo;
    assert.equal(info?.firstRunId, handle.firstExecutionRunId);
    assert.equal(Number(info?.historyLength), 2);
    assert.equal(info?.status, 1);
    assert.deepEqual(info?.rootExecution, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId });
    assert.equal(info?.parentExecution ?? undefined, undefined);
    assert.equal(Number(info?.stateTransitionCount), 1);
    assert.equal(info?.taskQueue, t.taskQueue);
    const config = raw.executionConfig;
    assert.equal(Number(config?.workflowExecutionTimeout?.seconds), 3600);
    assert.equal(Number(config?.workflowRunTimeout?.seconds), 1800);
    assert.equal(Number(config?.defaultWorkflowTaskTimeout?.seconds), 7);
    assert.equal(config?.taskQueue?.name, t.taskQueue);
    assert.equal(raw.pendingWorkflowTask?.state, 1);
    assert.equal(raw.pendingWorkflowTask?.attempt, 1);
  }),
  scenario('an unknown namespace is not found', async (t) => {
    const namespace = `${t.taskQueue}-absent`;
    const client = new Client({ connection: t.client.connection, namespace });
    const options = { workflowId: t.workflowId(), taskQueue: t.taskQueue };
    assert.deepEqual(await refusalOf(client.workflow.start('nothing', options)), {
      code: 'NOT_FOUND',
      details: `Namespace ${namespace} is not found.`,
    });
  }),
  scenario('what is missing or too long is refused with its name', async (t) => {
    const refused = (request: Parameters<typeof startByHand>[1]): Promise<unknown> =>
      refusalOf(startByHand(t, request));
    const invalid = (details: string): unknown => ({ code: 'INVALID_ARGUMENT', details });
    const long = 'x'.repeat(1_001);
    assert.deepEqual(await refused({ workflowId: '' }), invalid('WorkflowId is not set on request.'));
    assert.deepEqual(await refused({ workflowId: long }), invalid('WorkflowId length exceeds limit.'));
    assert.deepEqual(await refused({ workflowType: {} }), invalid('WorkflowType is not set on request.'));
    assert.deepEqual(await refused({ workflowType: { name: long } }), invalid('WorkflowType length exceeds limit.'));
    assert.deepEqual(await refused({ taskQueue: {} }), invalid('missing task queue name'));
    assert.deepEqual(await refused({ taskQueue: { name: long } }), invalid('taskQueue length exceeds limit'));
    assert.deepEqual(await refused({ requestId: long }), invalid('RequestId length exceeds limit.'));
    assert.deepEqual(await refused({ workflowExecutionTimeout: { seconds: -1 as never } }), invalid('x'));
    assert.deepEqual(await refused({ workflowTaskTimeout: { seconds: -1 as never } }), invalid('x'));
    assert.deepEqual(await refused({ namespace: '' }), invalid('x'));
    assert.deepEqual(await refused({ retryPolicy: { maximumAttempts: -1 } }), invalid('x'));
    assert.deepEqual(await refused({ cronSchedule: 'not cron' }), invalid('x'));
    assert.deepEqual(
      await refused({ workflowStartDelay: { seconds: 1 as never }, cronSchedule: '* * * * *' }),
      invalid('x'),
    );
  }),
  scenario('a request without an id gets one', async (t) => {
    const workflowId = t.workflowId();
    const { started } = await startByHand(t, { workflowId, workflowType: anyone, requestId: '' });
    assert.equal(started, true);
  }),
]);
void seenAtStart;
