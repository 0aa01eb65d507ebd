import assert from 'node:assert/strict';
import { Client, NamespaceNotFoundError, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { duration, memo, payloads, refusalOf, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf } from '../support.ts';
import { echo, nothing } from '../workflows/basics.ts';
import { failWith } from '../workflows/failures.ts';
import { waitForever } from '../workflows/messages.ts';

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
        'Invalid WorkflowIDReusePolicy: WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING cannot be used together with a WorkflowIDConflictPolicy',
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
    const handle = await t.start(nothing, { startDelay: 2000 });
    assert.deepEqual(await t.eventTypes(handle), ['WorkflowExecutionStarted']);
    const open = await handle.describe();
    assert.equal(open.status.name, 'RUNNING');
    assert.ok((open.executionTime?.getTime() ?? 0) - open.startTime.getTime() >= 1999);
    await handle.result();
    assert.ok(Date.now() - begin >= 1995);
  }),
  scenario('a signal to a delayed start waits with it', async (t) => {
    const handle = await t.start(waitForever, { startDelay: '1 minute' });
    await handle.signal('add', 1);
    assert.deepEqual(await t.eventTypes(handle), ['WorkflowExecutionStarted', 'WorkflowExecutionSignaled']);
  }),
  scenario('a cancel request to a delayed start gives it its first task at once', async (t) => {
    const handle = await t.start(waitForever, { startDelay: '1 minute' });
    await handle.cancel();
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowExecutionCancelRequested',
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
    assert.deepEqual({ ...info?.rootExecution }, { workflowId: handle.workflowId, runId: handle.firstExecutionRunId });
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
    assert.deepEqual(await refusalOf(startByHand(t, { namespace })), {
      code: 'NOT_FOUND',
      details: `Namespace ${namespace} is not found.`,
    });
    const error = await errorOf(client.workflow.start('nothing', options));
    assert.ok(error instanceof NamespaceNotFoundError);
    assert.equal(error.namespace, namespace);
  }),
  scenario('what is missing, too long or negative is refused with its name', async (t) => {
    const long = 'x'.repeat(1_001);
    const minus = duration(-1);
    const requests: Record<string, Parameters<typeof startByHand>[1]> = {
      'WorkflowId is not set on request.': { workflowId: '' },
      'WorkflowId length exceeds limit.': { workflowId: long },
      'WorkflowType is not set on request.': { workflowType: {} },
      'WorkflowType length exceeds limit.': { workflowType: { name: long } },
      'missing task queue name': { taskQueue: {} },
      'taskQueue length exceeds limit': { taskQueue: { name: long } },
      'RequestId length exceeds limit.': { requestId: long },
      'An invalid WorkflowExecutionTimeoutSeconds is set on request. cause: negative duration': {
        workflowExecutionTimeout: minus,
      },
      'An invalid WorkflowRunTimeoutSeconds is set on request. cause: negative duration': { workflowRunTimeout: minus },
      'An invalid WorkflowTaskTimeoutSeconds is set on request. cause: negative duration': {
        workflowTaskTimeout: minus,
      },
      'Namespace is empty.': { namespace: '' },
      'MaximumAttempts cannot be negative on retry policy.': { retryPolicy: { maximumAttempts: -1 } },
      'BackoffCoefficient cannot be less than 1 on retry policy.': { retryPolicy: { backoffCoefficient: 0.5 } },
      'invalid InitialInterval set on retry policy: negative duration': { retryPolicy: { initialInterval: minus } },
      'MaximumInterval cannot be less than InitialInterval on retry policy.': {
        retryPolicy: { initialInterval: duration(2), maximumInterval: duration(1) },
      },
      'invalid CronSchedule.': { cronSchedule: 'not cron' },
      'CronSchedule and WorkflowStartDelay may not be used together.': {
        cronSchedule: '* * * * *',
        workflowStartDelay: duration(1),
      },
      'An invalid WorkflowStartDelaySeconds is set on request. cause: negative duration': { workflowStartDelay: minus },
      "PriorityKey can't be negative": { priority: { priorityKey: -1 } },
      'FairnessKey length exceeds limit': { priority: { fairnessKey: 'ü'.repeat(33) } },
      "FairnessWeight can't be negative": { priority: { fairnessWeight: -1 } },
    };
    const refused: Record<string, string> = {};
    for (const [name, request] of Object.entries(requests)) {
      const { code, details } = await refusalOf(startByHand(t, request));
      refused[name] = `${code} ${details}`;
    }
    const expected = Object.fromEntries(Object.keys(requests).map((name) => [name, `INVALID_ARGUMENT ${name}`]));
    assert.deepEqual(refused, expected);
  }),
  scenario('a request without an id gets one', async (t) => {
    const workflowId = t.workflowId();
    const { started } = await startByHand(t, { workflowId, workflowType: anyone, requestId: '' });
    assert.equal(started, true);
  }),
]);
