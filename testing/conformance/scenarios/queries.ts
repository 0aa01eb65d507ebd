import assert from 'node:assert/strict';
import { Client, QueryNotRegisteredError, QueryRejectedError } from '@temporalio/client';
import { assertPastDeadline, payloads, refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf, failureOf, gates } from '../support.ts';
import { add, collect, finish, list, waitForever } from '../workflows/messages.ts';
import { answer, answerAfterFailure, answerAny, answerAtGate, broken, sum } from '../workflows/queries.ts';

/** Queries by hand. */
async function queryByHand(
  t: ScenarioContext,
  workflowId: string,
  queryType: string,
  rejectCondition = 0,
): Promise<unknown> {
  return await t.raw.queryWorkflow({
    namespace: t.namespace,
    execution: { workflowId },
    query: { queryType, queryArgs: payloads() },
    queryRejectCondition: rejectCondition,
  });
}

/** Asks `sum` of 1 and 1 unless the run is in a state that the condition rejects. */
async function picky(
  t: ScenarioContext,
  workflowId: string,
  queryRejectCondition: 'NONE' | 'NOT_OPEN' | 'NOT_COMPLETED_CLEANLY',
): Promise<number> {
  const { connection } = t.client;
  const client = new Client({ connection, namespace: t.namespace, workflow: { queryRejectCondition } });
  return await client.workflow.getHandle(workflowId).query(sum, 1, 1);
}

/** Queries of open and closed runs. */
export const queries: readonly Scenario[] = topic('queries', [
  scenario('an open run answers', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    assert.equal(await handle.query(sum, 1, 2, 3), 6);
    assert.equal(await handle.query(sum), 0);
    assert.deepEqual(await handle.query(list), ['a']);
  }),
  scenario('queries leave no trace in history', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    for (let i = 0; i < 5; i++) await handle.query(sum, i);
    assert.equal((await t.history(handle)).length, 4);
  }),
  scenario(
    'a closed run answers by replay',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(collect, { args: [1] });
      await handle.signal(add, 2);
      await handle.signal(finish);
      await handle.result();
      assert.deepEqual(await handle.query(list), [1, 2]);
    },
    { history: { compare: 'none', reason: 'how many signals share a task is a matter of time' } },
  ),
  scenario('a closed run answers to a worker that never saw it', async (t) => {
    const first = await t.startWorker();
    const handle = await t.start(answer);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    await handle.result();
    await first.stop();
    await t.startWorker();
    assert.equal(await handle.query(sum, 20, 22), 42);
    assert.equal((await handle.describe()).status.name, 'COMPLETED');
  }),
  scenario('an open run answers to a worker that never saw it', async (t) => {
    const first = await t.startWorker();
    const handle = await t.start(collect, { args: ['x'] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await first.stop();
    await t.startWorker();
    assert.deepEqual(await handle.query(list), ['x']);
    assert.equal((await t.history(handle)).length, 4);
  }),
  scenario('a failed run answers with its last state', async (t) => {
    await t.startWorker();
    const handle = await t.start(answerAfterFailure);
    await failureOf(handle.result());
    assert.deepEqual(await handle.query(list), ['begun', 'slept']);
  }),
  scenario('a terminated run answers with its last state', async (t) => {
    await t.startWorker();
    const handle = await t.start(collect, { args: ['x'] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.terminate();
    assert.deepEqual(await handle.query(list), ['x']);
  }),
  scenario('an unknown query is refused and tells what there is', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    const error = await errorOf(handle.query('unknown'));
    assert.ok(error instanceof QueryNotRegisteredError);
    assert.equal(
      error.message,
      'Workflow did not register a handler for unknown. Registered queries: [__stack_trace __enhanced_stack_trace __temporal_workflow_metadata sum broken list]',
    );
    assert.equal((await refusalOf(queryByHand(t, handle.workflowId, 'unknown'))).code, 'INVALID_ARGUMENT');
  }),
  scenario('a query that throws gives its message and leaves the run alone', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    const error = await errorOf(handle.query(broken));
    assert.ok(error instanceof QueryNotRegisteredError);
    assert.equal(error.message, 'broken query');
    assert.deepEqual(await refusalOf(handle.query(broken).catch(() => queryByHand(t, handle.workflowId, 'broken'))), {
      code: 'INVALID_ARGUMENT',
      details: 'broken query',
    });
    assert.equal(await handle.query(sum, 1), 1);
    await handle.signal(finish);
    assert.equal(await handle.result(), 'finished');
  }),
  scenario('the default handler answers what has no handler', async (t) => {
    await t.startWorker();
    const handle = await t.start(answerAny);
    assert.deepEqual(await handle.query('whatever', 1, 'b'), ['whatever', [1, 'b']]);
    await handle.result();
    assert.deepEqual(await handle.query('again'), ['again', []]);
  }),
  scenario('a query before the first task is answered after it', async (t) => {
    const handle = await t.start(collect, { args: [1] });
    const answered = handle.query(list);
    await t.sleep(100);
    await t.startWorker();
    assert.deepEqual(await answered, [1]);
    assert.deepEqual((await t.eventTypes(handle)).slice(0, 4), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
    ]);
  }),
  scenario('a query while a task is out is answered after it', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(answerAtGate);
    await gate.reached('out');
    const answered = handle.query(list);
    await t.sleep(100);
    gate.open('out');
    assert.deepEqual(await answered, ['before', 'after']);
    await handle.signal(finish);
    await handle.result();
  }),
  scenario('many queries at once are answered each with its own', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    const numbers = Array.from({ length: 15 }, (_, i) => i);
    assert.deepEqual(
      await Promise.all(numbers.map((i) => handle.query(sum, i, 1))),
      numbers.map((i) => i + 1),
    );
    assert.equal((await t.history(handle)).length, 4);
  }),
  scenario('a query without a worker fails at the deadline', async (t) => {
    const handle = await t.start(answer);
    const begin = Date.now();
    const refusal = await refusalOf(t.client.withDeadline(Date.now() + 700, () => handle.query(sum, 1)));
    assert.ok(Date.now() - begin < 3_000);
    assertPastDeadline(refusal);
    assert.equal((await t.history(handle)).length, 2);
  }),
  scenario('a query of a run whose workers have gone fails at the deadline', async (t) => {
    const worker = await t.startWorker();
    const handle = await t.start(answer);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await worker.stop();
    const refusal = await refusalOf(t.client.withDeadline(Date.now() + 700, () => handle.query(sum, 1)));
    assertPastDeadline(refusal);
  }),
  scenario('a condition rejects queries of runs that are not open', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    assert.equal(await picky(t, handle.workflowId, 'NOT_OPEN'), 2);
    await handle.signal(finish);
    await handle.result();
    const error = await errorOf(picky(t, handle.workflowId, 'NOT_OPEN'));
    assert.ok(error instanceof QueryRejectedError);
    assert.equal(error.status, 2 /* COMPLETED */);
    assert.equal(await picky(t, handle.workflowId, 'NOT_COMPLETED_CLEANLY'), 2);
    assert.equal(await picky(t, handle.workflowId, 'NONE'), 2);
  }),
  scenario('a condition rejects queries of runs that did not complete', async (t) => {
    const handle = await t.start(waitForever);
    await handle.terminate();
    const error = await errorOf(picky(t, handle.workflowId, 'NOT_COMPLETED_CLEANLY'));
    assert.ok(error instanceof QueryRejectedError);
    assert.equal(error.status, 5 /* TERMINATED */);
  }),
  scenario('a query without a type, or of an unknown workflow, is refused', async (t) => {
    const workflowId = t.workflowId('absent');
    assert.deepEqual(await refusalOf(queryByHand(t, workflowId, 'sum')), {
      code: 'NOT_FOUND',
      details: `workflow not found for ID: ${workflowId}`,
    });
    assert.deepEqual(await refusalOf(queryByHand(t, '', 'sum')), {
      code: 'INVALID_ARGUMENT',
      details: 'WorkflowId is not set on request.',
    });
    assert.deepEqual(await refusalOf(queryByHand(t, workflowId, '')), {
      code: 'INVALID_ARGUMENT',
      details: 'QueryType is not set on request.',
    });
  }),
  scenario('the stack trace of an open run can be had', async (t) => {
    await t.startWorker();
    const handle = await t.start(answer);
    assert.match(await handle.query<string>('__stack_trace'), /answer/);
  }),
]);
