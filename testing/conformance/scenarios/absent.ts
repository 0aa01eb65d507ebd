import assert from 'node:assert/strict';
import { Client, WorkflowContinuedAsNewError, WorkflowNotFoundError } from '@temporalio/client';
import { payloads, refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { errorOf } from '../support.ts';
import { continueAtFinish } from '../workflows/children.ts';
import { finish, waitForever } from '../workflows/messages.ts';

/** What callers are told about what does not exist, or is not what they think. */
export const absent: readonly Scenario[] = topic('absent', [
  scenario('every call about an unknown workflow says that it is not found', async (t) => {
    const workflowId = t.workflowId('absent');
    const handle = t.client.workflow.getHandle(workflowId);
    const calls: Record<string, () => Promise<unknown>> = {
      describe: () => handle.describe(),
      result: () => handle.result(),
      signal: () => handle.signal('x'),
      query: () => handle.query('x'),
      executeUpdate: () => handle.executeUpdate('x'),
      cancel: () => handle.cancel(),
      terminate: () => handle.terminate(),
    };
    for (const [name, call] of Object.entries(calls)) {
      const error = await errorOf(call());
      assert.ok(error instanceof WorkflowNotFoundError, `${name}: ${String(error)}`);
      assert.equal(error.workflowId, workflowId, name);
      assert.equal(error.message, `workflow not found for ID: ${workflowId}`, name);
    }
    assert.deepEqual(await refusalOf(handle.fetchHistory()), {
      code: 'NOT_FOUND',
      details: `workflow not found for ID: ${workflowId}`,
    });
    assert.deepEqual(await refusalOf(handle.getUpdateHandle('x').result()), {
      code: 'NOT_FOUND',
      details: `workflow not found for ID: ${workflowId}`,
    });
  }),
  scenario('every call about an unknown run says that it is not found', async (t) => {
    const { workflowId } = await t.start(waitForever);
    const runId = '01a1fce9-06dc-7995-af4c-ed5528dbf24e';
    const handle = t.client.workflow.getHandle(workflowId, runId);
    const calls = [
      () => handle.describe(),
      () => handle.result(),
      () => handle.signal('x'),
      () => handle.query('x'),
      () => handle.cancel(),
      () => handle.terminate(),
    ];
    const messages: string[] = [];
    for (const call of calls) {
      const error = await errorOf(call());
      assert.ok(error instanceof WorkflowNotFoundError);
      messages.push(error.message.replaceAll(workflowId, 'W').replaceAll(runId, 'R'));
    }
    assert.deepEqual(
      messages,
      calls.map(() => 'workflow execution not found for workflow ID "W" and run ID "R"'),
    );
  }),
  scenario('a run id that is no uuid is refused', async (t) => {
    const { workflowId } = await t.start(waitForever);
    const handle = t.client.workflow.getHandle(workflowId, 'no uuid');
    const codes: unknown[] = [];
    for (const call of [
      () => handle.describe(),
      () => handle.signal('x'),
      () => handle.cancel(),
      () => handle.terminate(),
    ]) {
      codes.push(await refusalOf(call()));
    }
    assert.deepEqual(
      codes,
      codes.map(() => ({ code: 'INVALID_ARGUMENT', details: 'Invalid RunId.' })),
    );
  }),
  scenario('without following, a run that continued as new says so', async (t) => {
    await t.startWorker();
    const handle = await t.start(continueAtFinish, { args: [1] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    const { workflowId, firstExecutionRunId } = handle;
    const stay = t.client.workflow.getHandle(workflowId, firstExecutionRunId, { followRuns: false });
    const error = await errorOf(stay.result());
    assert.ok(error instanceof WorkflowContinuedAsNewError);
    assert.equal(error.newExecutionRunId, (await t.client.workflow.getHandle(workflowId).describe()).runId);
    await t.waitForEvent({ workflowId }, 'WorkflowTaskCompleted');
    await t.client.workflow.getHandle(workflowId).signal(finish);
    assert.equal(await handle.result(), 'last');
  }),
  scenario('a handle tied to a first run does not reach a later chain', async (t) => {
    const first = await t.start(waitForever);
    await first.terminate();
    await t.start(waitForever, { workflowId: first.workflowId });
    const tied = t.client.workflow.getHandle(first.workflowId, undefined, {
      firstExecutionRunId: first.firstExecutionRunId,
    });
    assert.ok((await errorOf(tied.cancel())) instanceof WorkflowNotFoundError);
    assert.ok((await errorOf(tied.terminate())) instanceof WorkflowNotFoundError);
  }),
  scenario('a task token that means nothing is refused', async (t) => {
    const token = Buffer.from('no token');
    const completed = await refusalOf(
      t.raw.respondActivityTaskCompleted({ namespace: t.namespace, taskToken: token, result: payloads(1) }),
    );
    assert.equal(completed.code, 'INVALID_ARGUMENT');
    const empty = await refusalOf(
      t.raw.respondActivityTaskCompleted({ namespace: t.namespace, taskToken: new Uint8Array(), result: payloads(1) }),
    );
    assert.deepEqual(empty, { code: 'INVALID_ARGUMENT', details: 'Task token not set on request.' });
  }),
  scenario('calls in an unknown namespace say so', async (t) => {
    const namespace = `${t.taskQueue}-absent`;
    const client = new Client({ connection: t.client.connection, namespace });
    const handle = client.workflow.getHandle('any');
    for (const call of [
      () => handle.describe(),
      () => handle.signal('x'),
      () => handle.query('x'),
      () => handle.terminate(),
    ]) {
      assert.equal(((await errorOf(call())) as Error).name, 'NamespaceNotFoundError');
    }
  }),
]);
