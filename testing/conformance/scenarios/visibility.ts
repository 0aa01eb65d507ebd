import assert from 'node:assert/strict';
import { refusalOf } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { nothing } from '../workflows/basics.ts';
import { waitForever } from '../workflows/messages.ts';

const unordered = { history: { compare: 'none', reason: 'it is about lists' } } as const;

/** Three runs: one open, one completed, one terminated. Their ids without what is common. */
async function three(t: ScenarioContext): Promise<void> {
  const worker = await t.startWorker();
  await t.execute(nothing, { workflowId: t.workflowId('done') });
  await worker.stop();
  const ended = await t.start(waitForever, { workflowId: t.workflowId('ended') });
  await ended.terminate();
  await t.start(waitForever, { workflowId: t.workflowId('open'), memo: { note: 'listed' } });
}

/** Lists the suffixes of ids; only workflows of this scenario. */
async function found(t: ScenarioContext, query: string, pageSize?: number): Promise<string[]> {
  const prefix = t.workflowId('');
  const all = ['done', 'ended', 'open'].map((suffix) => `'${prefix}${suffix}'`).join(', ');
  const ids: string[] = [];
  const request = { query: `WorkflowId IN (${all})${query ? ` AND ${query}` : ''}`, ...(pageSize ? { pageSize } : {}) };
  for await (const { workflowId } of t.client.workflow.list(request)) ids.push(workflowId.slice(prefix.length));
  return ids;
}

async function finds(t: ScenarioContext, query: string, expected: readonly string[]): Promise<void> {
  await t.eventually(async () => assert.deepEqual((await found(t, query)).toSorted(), [...expected]));
}

/** Lists and counts. */
export const visibility: readonly Scenario[] = topic('visibility', [
  scenario(
    'runs are listed by id',
    async (t) => {
      await three(t);
      await finds(t, '', ['done', 'ended', 'open']);
      await finds(t, `WorkflowId = '${t.workflowId('done')}'`, ['done']);
      await finds(t, `WorkflowId != '${t.workflowId('done')}'`, ['ended', 'open']);
    },
    unordered,
  ),
  scenario(
    'runs are listed by status',
    async (t) => {
      await three(t);
      await finds(t, `ExecutionStatus = 'Running'`, ['open']);
      await finds(t, `ExecutionStatus = 'Completed'`, ['done']);
      await finds(t, `ExecutionStatus = 'Terminated'`, ['ended']);
      await finds(t, `ExecutionStatus IN ('Completed', 'Terminated')`, ['done', 'ended']);
      await finds(t, `(ExecutionStatus = 'Running' OR ExecutionStatus = 'Completed')`, ['done', 'open']);
    },
    unordered,
  ),
  scenario(
    'runs are listed by type and task queue',
    async (t) => {
      await three(t);
      await finds(t, `WorkflowType = 'waitForever'`, ['ended', 'open']);
      await finds(t, `WorkflowType = 'nothing'`, ['done']);
      await finds(t, `TaskQueue = '${t.taskQueue}'`, ['done', 'ended', 'open']);
      await finds(t, `WorkflowType = 'noSuchType'`, []);
    },
    unordered,
  ),
  scenario(
    'runs are listed by start time',
    async (t) => {
      const before = new Date(Date.now() - 1_000).toISOString();
      await three(t);
      const after = new Date(Date.now() + 1_000).toISOString();
      await finds(t, `StartTime > '${before}'`, ['done', 'ended', 'open']);
      await finds(t, `StartTime < '${before}'`, []);
      await finds(t, `StartTime BETWEEN '${before}' AND '${after}'`, ['done', 'ended', 'open']);
    },
    unordered,
  ),
  scenario(
    'runs are listed by close time',
    async (t) => {
      const before = new Date(Date.now() - 1_000).toISOString();
      await three(t);
      // A server on SQL takes an open run's close time for the end of time.
      await finds(t, `CloseTime > '${before}' AND ExecutionStatus != 'Running'`, ['done', 'ended']);
      await finds(t, `CloseTime < '${before}'`, []);
      await finds(t, 'CloseTime IS NULL', ['open']);
      await finds(t, 'CloseTime IS NOT NULL', ['done', 'ended']);
    },
    unordered,
  ),
  scenario(
    'open runs come first, then those that closed last',
    async (t) => {
      await three(t);
      await t.eventually(async () => assert.deepEqual(await found(t, ''), ['open', 'ended', 'done']));
    },
    unordered,
  ),
  scenario(
    'lists come in pages',
    async (t) => {
      await three(t);
      await t.eventually(async () => assert.deepEqual(await found(t, '', 1), ['open', 'ended', 'done']));
      const query = `WorkflowId = '${t.workflowId('open')}'`;
      const one = await t.raw.listWorkflowExecutions({ namespace: t.namespace, pageSize: 1, query });
      assert.equal(one.executions.length, 1);
    },
    unordered,
  ),
  scenario(
    'an entry tells about its run',
    async (t) => {
      await three(t);
      const query = `WorkflowId = '${t.workflowId('open')}'`;
      await t.eventually(async () => {
        for await (const info of t.client.workflow.list({ query })) {
          assert.equal(info.type, 'waitForever');
          assert.equal(info.status.name, 'RUNNING');
          assert.equal(info.taskQueue, t.taskQueue);
          assert.deepEqual(info.memo, { note: 'listed' });
          assert.equal(info.closeTime, undefined);
          return true;
        }
        return false;
      });
      const done = `WorkflowId = '${t.workflowId('done')}' AND ExecutionStatus = 'Completed'`;
      await t.eventually(async () => {
        for await (const info of t.client.workflow.list({ query: done })) {
          assert.equal(info.historyLength, 5);
          assert.ok(info.closeTime && info.closeTime >= info.startTime);
          return true;
        }
        return false;
      });
    },
    unordered,
  ),
  scenario(
    'runs are counted',
    async (t) => {
      await three(t);
      const prefix = t.workflowId('');
      const all = `WorkflowId IN ('${prefix}done', '${prefix}ended', '${prefix}open')`;
      await t.eventually(async () => assert.equal((await t.client.workflow.count(all)).count, 3));
      await t.eventually(async () =>
        assert.equal((await t.client.workflow.count(`${all} AND ExecutionStatus = 'Running'`)).count, 1),
      );
    },
    unordered,
  ),
  scenario(
    'a query that cannot be understood is refused',
    async (t) => {
      const query = async (text: string): Promise<unknown> =>
        await refusalOf(t.raw.listWorkflowExecutions({ namespace: t.namespace, query: text }));
      const refused = {
        grammar: await query('WorkflowId ='),
        unknown: await query(`NoSuchAttribute = 'x'`),
        status: await query(`ExecutionStatus = 'NoSuchStatus'`),
        time: await query(`StartTime > 'yesterday'`),
      };
      const invalid = (details: string): unknown => ({
        code: 'INVALID_ARGUMENT',
        details: `invalid query: ${details}`,
      });
      assert.deepEqual(refused, {
        grammar: invalid('malformed SQL query: syntax error at position 40'),
        unknown: invalid("invalid expression: column name 'NoSuchAttribute' is not a valid search attribute"),
        status: invalid("invalid expression: invalid ExecutionStatus value 'NoSuchStatus'"),
        time: invalid("invalid expression: unable to parse datetime 'yesterday'"),
      });
    },
    unordered,
  ),
]);
