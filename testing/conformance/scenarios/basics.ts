import assert from 'node:assert/strict';
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { errorOf } from '../support.ts';
import { aboutMe, argumentTypes, echo, identity, nothing, promisesOnly } from '../workflows/basics.ts';

/** Start, arguments, result, memo, description. */
export const basics: readonly Scenario[] = topic('basics', [
  scenario('arguments arrive and the result returns', async (t) => {
    await t.startWorker();
    const args = [1, 'two', { three: [3] }, null];
    assert.deepEqual(await t.execute(echo, { args }), args);
  }),
  scenario('a workflow without a result gives undefined', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(nothing), undefined);
  }),
  scenario('undefined, null and bytes arrive as what they are', async (t) => {
    await t.startWorker();
    const args = [undefined, null, new Uint8Array([1, 2, 255]), true, ''];
    const types = ['undefined', 'null', 'bytes', 'boolean', 'string'];
    assert.deepEqual(await t.execute(argumentTypes, { args }), types);
    assert.deepEqual(await t.execute(argumentTypes), []);
  }),
  scenario('bytes return as bytes', async (t) => {
    await t.startWorker();
    const bytes = await t.execute(identity, { args: [new Uint8Array([0, 1, 254])] });
    assert.deepEqual([...(bytes as Uint8Array)], [0, 1, 254]);
  }),
  scenario(
    'a megabyte goes in and out',
    async (t) => {
      await t.startWorker();
      const text = 'a line of text '.repeat(70_000);
      assert.equal(await t.execute(identity, { args: [text] }), text);
    },
    { history: { compare: 'none', reason: 'the recording would have megabytes' } },
  ),
  scenario('text keeps every character', async (t) => {
    await t.startWorker();
    const text = 'tab\t quote" ünïcødé 漢字 🦀 \u0000 \u2028';
    assert.equal(await t.execute(identity, { args: [text] }), text);
  }),
  scenario('a run knows about itself', async (t) => {
    await t.startWorker();
    const workflowId = t.workflowId('about');
    const about = await t.execute(aboutMe, {
      workflowId,
      memo: { note: 'hello', n: 1 },
      workflowExecutionTimeout: '1 hour',
      workflowRunTimeout: '30 minutes',
      workflowTaskTimeout: '5s',
    });
    assert.deepEqual(about, {
      workflowId,
      runIdIsFirst: true,
      workflowType: 'aboutMe',
      taskQueue: t.taskQueue,
      namespace: t.namespace,
      attempt: 1,
      memo: { note: 'hello', n: 1 },
      searchAttributes: {},
      historyLength: 3,
      continueAsNewSuggested: false,
      executionTimeoutMs: 3_600_000,
      runTimeoutMs: 1_800_000,
      taskTimeoutMs: 5_000,
      startIsNow: true,
      startsBeforeItRuns: true,
    });
  }),
  scenario('a run has no memo and no timeouts by default', async (t) => {
    await t.startWorker();
    const about = await t.execute(aboutMe);
    assert.deepEqual(about['memo'] ?? {}, {});
    assert.equal(about['taskTimeoutMs'], 10_000);
    assert.equal(about['runTimeoutMs'], undefined);
    assert.equal(about['executionTimeoutMs'], undefined);
  }),
  scenario('a description shows an open run and its end', async (t) => {
    const handle = await t.start(identity, { args: ['x'], memo: { note: 'seen' } });
    const open = await handle.describe();
    assert.equal(open.status.name, 'RUNNING');
    assert.equal(open.type, 'identity');
    assert.equal(open.taskQueue, t.taskQueue);
    assert.equal(open.workflowId, handle.workflowId);
    assert.equal(open.runId, handle.firstExecutionRunId);
    assert.equal(open.historyLength, 2);
    assert.equal(open.closeTime, undefined);
    assert.deepEqual(open.memo, { note: 'seen' });
    await t.startWorker();
    await handle.result();
    const closed = await handle.describe();
    assert.equal(closed.status.name, 'COMPLETED');
    assert.equal(closed.historyLength, 5);
    assert.ok(closed.closeTime && closed.closeTime >= open.startTime);
    assert.ok(closed.executionTime && closed.executionTime >= open.startTime);
    assert.ok((closed.historySize ?? 0) > 0);
    assert.equal(closed.parentExecution, undefined);
  }),
  scenario('summary and details are kept beside the start', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing, { staticSummary: 'in short', staticDetails: 'at *length*' });
    await handle.result();
    const description = await handle.describe();
    assert.equal(await description.staticSummary(), 'in short');
    assert.equal(await description.staticDetails(), 'at *length*');
  }),
  scenario('the result can be had later, by the id alone, from another client', async (t) => {
    await t.startWorker();
    const handle = await t.start(identity, { args: [42] });
    await handle.result();
    const other = new Client({ connection: t.client.connection, namespace: t.namespace });
    assert.equal(await other.workflow.getHandle(handle.workflowId).result(), 42);
    assert.equal(await other.workflow.result(handle.workflowId, handle.firstExecutionRunId), 42);
  }),
  scenario('a workflow that does not exist is not found', async (t) => {
    const handle = t.client.workflow.getHandle(t.workflowId('absent'));
    const calls = [
      () => handle.describe(),
      () => handle.result(),
      () => handle.signal('x'),
      () => handle.cancel(),
      () => handle.terminate(),
    ];
    for (const call of calls) assert.ok((await errorOf(call())) instanceof WorkflowNotFoundError);
  }),
  scenario('promises alone need one task', async (t) => {
    await t.startWorker();
    const handle = await t.start(promisesOnly, { args: [100] });
    assert.equal(await handle.result(), 4_953);
    assert.equal((await t.history(handle)).length, 5);
  }),
  scenario('many runs at once keep their results apart', async (t) => {
    await t.startWorker();
    const handles = [];
    for (let i = 0; i < 5; i++) handles.push(await t.start(identity, { args: [i] }));
    assert.deepEqual(await Promise.all(handles.map((handle) => handle.result())), [0, 1, 2, 3, 4]);
  }),
]);
