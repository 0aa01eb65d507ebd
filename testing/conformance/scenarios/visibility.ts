import assert from 'node:assert/strict';
import { declareAttributes } from '../attributes.ts';
import { payload } from '../payloads.ts';
import { refusalOf, startByHand } from '../rpc.ts';
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

const [first, second, both] = [['done'], ['ended'], ['done', 'ended']];

/** Queries by attributes, and what they find. */
const byAttribute: readonly (readonly [string, readonly string[]])[] = [
  ['PerdureFlag = true', first],
  ['PerdureFlag != true', second],
  ['PerdureFlag IN (true, false)', both],
  ['PerdureNumber = 1', first],
  [`PerdureNumber = '1'`, first],
  ['PerdureNumber > 1', second],
  ['NOT PerdureNumber = 1', second],
  ['PerdureNumber NOT BETWEEN 1 AND 3', second],
  ['PerdureNumber NOT IN (1, 3)', second],
  ['PerdureAmount BETWEEN 1 AND 2.5', both],
  ['PerdureAmount > 1.5', second],
  [`PerdureWhen > '2024-06-02T01:04:05.499Z'`, second],
  [`PerdureWhen = '2024-01-02T03:04:05.123Z'`, first],
  ['PerdureWhen > 1704164646000000000', second],
  [`PerdureName = "abc"`, first],
  [`PerdureName != 'abc'`, second],
  [`PerdureName > 'abc'`, second],
  [`PerdureName STARTS_WITH 'ab'`, both],
  [`PerdureName NOT STARTS_WITH 'abc'`, second],
  [`PerdureName STARTS_WITH 'a%'`, []],
  [`PerdureName BETWEEN 'abc' AND 'abcz'`, first],
  ["`PerdureName` = 'abc' or PerdureNumber = 20", both],
  [`PerdureTags = 'one'`, both],
  [`PerdureTags = 'two words'`, first],
  [`PerdureTags = 'two'`, []],
  [`PerdureTags != 'one'`, ['open']],
  [`PerdureTags IN ('three', 'two words')`, both],
  [`PerdureTags NOT IN ('three')`, ['done', 'open']],
  [`PerdureNote = 'QUICK'`, first],
  [`PerdureNote = 'trot'`, first],
  [`PerdureNote = 'fox-trot'`, first],
  [`PerdureNote = 'quick dog'`, both],
  [`PerdureNote = 'qui'`, []],
  [`PerdureNote = 'e'`, second],
  [`PerdureNote != 'quick'`, ['ended', 'open']],
  ['PerdureNote IS NOT NULL', both],
];

/** Queries that servers refuse. */
const refused: readonly (readonly [string, string])[] = [
  ['ORDER BY StartTime', "operation is not supported: 'order by' clause"],
  [`WorkflowType = 'x' LIMIT 1`, "operation is not supported: 'limit' clause"],
  [
    'GROUP BY WorkflowType',
    "operation is not supported: 'group by' clause is only supported for ExecutionStatus search attribute",
  ],
  [
    'GROUP BY ExecutionStatus, WorkflowType',
    "operation is not supported: 'group by' clause supports only a single field",
  ],
  ['PerdureName', 'invalid expression: incomplete expression'],
  [`PerdureName LIKE 'a%'`, "invalid expression: invalid operator 'like' in `PerdureName like 'a%'`"],
  [
    'PerdureName = abc',
    "operation is not supported: column name on the right side of comparison expression (did you forget to quote 'abc'?)",
  ],
  ['PerdureName = null', 'invalid expression: unexpected value type *sqlparser.NullVal'],
  ['PerdureName IS TRUE', "invalid expression: 'IS' operator can only be used with 'NULL' or 'NOT NULL'"],
  [
    'PerdureName STARTS_WITH 1',
    "invalid expression: right-hand side of 'starts_with' must be a literal string (got: 1)",
  ],
  [`perdurename = 'a'`, "invalid expression: column name 'perdurename' is not a valid search attribute"],
  [
    `PerdureTags > 'a'`,
    "invalid expression: operator '>' not supported for KeywordList type search attribute in `PerdureTags > 'a'`",
  ],
  ['PerdureTags = 1', 'invalid expression: unexpected value type (expected string, got 1)'],
  [
    `PerdureNote IN ('a')`,
    "invalid expression: operator 'in' not supported for Text type search attribute in `PerdureNote in ('a')`",
  ],
  [`PerdureNote = ''`, "invalid expression: unexpected value for Text type search attribute (no tokens found in '')"],
  [
    'PerdureFlag BETWEEN false AND true',
    "invalid expression: cannot do range condition on search attribute 'PerdureFlag' of type Bool",
  ],
  [`PerdureWhen > '2024-01-01'`, "invalid expression: unable to parse datetime '2024-01-01'"],
  [`ExecutionStatus = 'running'`, "invalid expression: invalid ExecutionStatus value 'running'"],
  [`ExecutionDuration > 'abc'`, 'invalid value for search attribute ExecutionDuration: abc (invalid duration)'],
  [`PerdureName IN 'a'`, "malformed SQL query: syntax error at position 46 near 'a'"],
  [`(WorkflowId = 'x'`, 'malformed SQL query: syntax error at position 45'],
];

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
    'runs are listed by attributes of their own, of each type',
    async (t) => {
      await declareAttributes(t);
      const give = async (suffix: string, fields: Record<string, unknown>): Promise<unknown> =>
        await startByHand(t, {
          workflowId: t.workflowId(suffix),
          searchAttributes: {
            indexedFields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, payload(value)])),
          },
        });
      await give('done', {
        PerdureFlag: true,
        PerdureWhen: '2024-01-02T03:04:05.123Z',
        PerdureAmount: 1.5,
        PerdureNumber: 1,
        PerdureName: 'abc',
        PerdureTags: ['one', 'two words'],
        PerdureNote: 'Quick brown Fox-trot',
      });
      await give('ended', {
        PerdureFlag: false,
        PerdureWhen: '2024-06-02T03:04:05.500+02:00',
        PerdureAmount: 2.5,
        PerdureNumber: 20,
        PerdureName: 'abd',
        PerdureTags: ['one', 'three'],
        PerdureNote: 'the lazy dog é',
      });
      await give('open', {});
      await finds(t, 'PerdureNumber IS NULL', ['open']);
      for (const [query, expected] of byAttribute) await finds(t, query, expected);
    },
    unordered,
  ),
  scenario(
    'closed runs have a length, a size and a duration',
    async (t) => {
      await three(t);
      await finds(t, 'HistoryLength = 5', ['done']);
      await finds(t, 'HistoryLength IS NULL', ['open']);
      await finds(t, 'HistorySizeBytes > 0', ['done', 'ended']);
      await finds(t, 'StateTransitionCount >= 1', ['done', 'ended']);
      await finds(t, `ExecutionDuration < '1h30m'`, ['done', 'ended']);
      await finds(t, `ExecutionDuration < '01:30:00'`, ['done', 'ended']);
      await finds(t, `ExecutionDuration > '1d'`, []);
      await finds(t, 'ParentWorkflowId IS NULL', ['done', 'ended', 'open']);
      await finds(t, `RootWorkflowId = '${t.workflowId('open')}'`, ['open']);
      await finds(t, 'ExecutionStatus = 1', ['open']);
      await finds(t, `ExecutionStatus = 'WORKFLOW_EXECUTION_STATUS_RUNNING'`, ['open']);
    },
    unordered,
  ),
  scenario(
    'runs are counted by status',
    async (t) => {
      await three(t);
      const query = `TaskQueue = '${t.taskQueue}' GROUP BY ExecutionStatus`;
      await t.eventually(async () => {
        const { count, groups } = await t.client.workflow.count(query);
        assert.equal(count, 3);
        assert.deepEqual(
          groups.toSorted((a, b) => (String(a.groupValues) < String(b.groupValues) ? -1 : 1)),
          ['Completed', 'Running', 'Terminated'].map((status) => ({ count: 1, groupValues: [status] })),
        );
      });
    },
    unordered,
  ),
  scenario(
    'the older lists of open and closed runs are answered',
    async (t) => {
      await three(t);
      const { namespace } = t;
      const idsOf = ({
        executions,
      }: {
        executions: readonly { execution?: { workflowId?: string | null } | null }[];
      }) => executions.map(({ execution }) => execution?.workflowId);
      const filter = (suffix: string) => ({ namespace, executionFilter: { workflowId: t.workflowId(suffix) } });
      await t.eventually(async () => {
        assert.deepEqual(idsOf(await t.raw.listOpenWorkflowExecutions(filter('open'))), [t.workflowId('open')]);
        assert.deepEqual(idsOf(await t.raw.listClosedWorkflowExecutions(filter('done'))), [t.workflowId('done')]);
      });
      assert.deepEqual(idsOf(await t.raw.listOpenWorkflowExecutions(filter('done'))), []);
      assert.deepEqual(
        await refusalOf(t.raw.listClosedWorkflowExecutions({ namespace, statusFilter: { status: 1 } })),
        {
          code: 'INVALID_ARGUMENT',
          details: 'StatusFilter must be specified and must be not Running.',
        },
      );
      assert.deepEqual(await refusalOf(t.raw.listArchivedWorkflowExecutions({ namespace })), {
        code: 'INVALID_ARGUMENT',
        details: 'Cluster is not configured for visibility archival.',
      });
    },
    unordered,
  ),
  scenario(
    'what a query may not say is refused in the words of a server',
    async (t) => {
      await declareAttributes(t);
      for (const [query, details] of refused) {
        const refusal = await refusalOf(t.raw.countWorkflowExecutions({ namespace: t.namespace, query }));
        assert.deepEqual(refusal, { code: 'INVALID_ARGUMENT', details: `invalid query: ${details}` }, query);
      }
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
