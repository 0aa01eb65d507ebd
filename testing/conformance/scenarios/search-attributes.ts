import assert from 'node:assert/strict';
import type { SearchAttributePair } from '@temporalio/common';
import { keys, shown } from '../attribute-keys.ts';
import { declareAttributes, operatorOf } from '../attributes.ts';
import { memo, refusalOf, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { waitForever } from '../workflows/messages.ts';
import {
  changeMemo,
  continueWithAttributes,
  endWaiting,
  sayAttributes,
  startChildRaw,
  startChildWith,
  upsertAll,
  upsertRaw,
} from '../workflows/search-attributes.ts';
import { payload } from '../payloads.ts';

const unordered = { history: { compare: 'none', reason: 'it is about answers' } } as const;

/** One of each type. */
const some: SearchAttributePair[] = [
  { key: keys.flag, value: false },
  { key: keys.when, value: new Date('2024-05-06T07:08:09.012Z') },
  { key: keys.amount, value: 2.25 },
  { key: keys.number, value: 42 },
  { key: keys.name, value: 'Ada' },
  { key: keys.tags, value: ['red', 'green'] },
  { key: keys.note, value: 'hello world' },
];

const allShown = {
  PerdureAmount: 2.25,
  PerdureFlag: false,
  PerdureName: 'Ada',
  PerdureNote: 'hello world',
  PerdureNumber: 42,
  PerdureTags: ['red', 'green'],
  PerdureWhen: '2024-05-06T07:08:09.012Z',
};

/** What a description says, without what servers add. */
async function described(t: ScenarioContext, workflowId: string, runId?: string): Promise<unknown> {
  const { typedSearchAttributes } = await t.client.workflow.getHandle(workflowId, runId).describe();
  const { BuildIds: _, ...rest } = shown(typedSearchAttributes);
  return rest;
}

const invalid = (details: string): unknown => ({ code: 'INVALID_ARGUMENT', details });

/** What a start with one attribute is refused with. */
async function refusedWith(t: ScenarioContext, name: string, value: unknown): Promise<unknown> {
  return await refusalOf(startByHand(t, { searchAttributes: { indexedFields: { [name]: payload(value) } } }));
}

/** Search attributes and memos: given, changed, removed, refused. */
export const searchAttributes: readonly Scenario[] = topic('search-attributes', [
  scenario('a run has the attributes of its start', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const handle = await t.start(sayAttributes, { typedSearchAttributes: some });
    assert.deepEqual(await handle.result(), allShown);
    assert.deepEqual(await described(t, handle.workflowId), allShown);
  }),
  scenario('signalWithStart gives attributes to the run that it starts', async (t) => {
    await declareAttributes(t);
    const workflowId = t.workflowId();
    const options = { taskQueue: t.taskQueue, workflowId, signal: endWaiting, typedSearchAttributes: some.slice(3, 5) };
    await t.client.workflow.signalWithStart(sayAttributes, options);
    assert.deepEqual(await described(t, workflowId), { PerdureName: 'Ada', PerdureNumber: 42 });
  }),
  scenario('attributes of the older kind are lists, and are recorded with their types', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const handle = await t.start(sayAttributes, {
      searchAttributes: { PerdureNumber: [3], PerdureName: ['x'], PerdureTags: ['y', 'z'] },
    });
    assert.deepEqual(await handle.result(), { PerdureName: 'x', PerdureNumber: 3, PerdureTags: ['y', 'z'] });
  }),
  scenario('a workflow sets, changes and removes its attributes', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const handle = await t.start(upsertAll, { typedSearchAttributes: [{ key: keys.name, value: 'started' }] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const left = {
      PerdureAmount: 1.5,
      PerdureName: 'upserted',
      PerdureNote: 'Some Words',
      PerdureNumber: 8,
      PerdureWhen: '2024-01-02T03:04:05.678Z',
    };
    assert.deepEqual(await described(t, handle.workflowId), left);
    await handle.signal(endWaiting);
    const [first, second] = await handle.result();
    assert.deepEqual(first, { ...left, PerdureFlag: true, PerdureNumber: 7, PerdureTags: ['a', 'b'] });
    assert.deepEqual(second, left);
  }),
  scenario('a child has the attributes that its parent gives it', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const result = await t.execute(startChildWith, {
      args: [
        [
          ['name', 'child'],
          ['number', 1],
        ],
      ],
    });
    assert.deepEqual(result, { PerdureName: 'child', PerdureNumber: 1 });
  }),
  scenario('a run that continues as new keeps its attributes', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const handle = await t.start(continueWithAttributes, {
      args: [null],
      typedSearchAttributes: [{ key: keys.name, value: 'kept' }],
    });
    assert.deepEqual(await handle.result(), { PerdureName: 'kept', PerdureNumber: 5 });
  }),
  scenario('a run that continues as new may have others', async (t) => {
    await declareAttributes(t);
    await t.startWorker();
    const handle = await t.start(continueWithAttributes, { args: ['PerdureName'] });
    assert.deepEqual(await handle.result(), { PerdureName: 'next' });
  }),
  scenario(
    'an attribute that nobody declared fails the task',
    async (t) => {
      await declareAttributes(t);
      await t.startWorker();
      const handle = await t.start(upsertRaw, { args: ['PerdureNobody', 'x'] });
      await t.waitForEvent(handle, 'WorkflowTaskFailed');
      await handle.terminate();
    },
    {
      history: { compare: 'unordered', reason: 'how often the task fails is a matter of time' },
      noReplay: { reason: 'its task never completes' },
    },
  ),
  scenario(
    'a value of another type fails the task',
    async (t) => {
      await declareAttributes(t);
      await t.startWorker();
      const handle = await t.start(upsertRaw, { args: ['PerdureNumber', 'x'] });
      await t.waitForEvent(handle, 'WorkflowTaskFailed');
      await handle.terminate();
    },
    {
      history: { compare: 'unordered', reason: 'how often the task fails is a matter of time' },
      noReplay: { reason: 'its task never completes' },
    },
  ),
  scenario(
    'a child with an attribute that nobody declared fails the task',
    async (t) => {
      await declareAttributes(t);
      await t.startWorker();
      const handle = await t.start(startChildRaw, { args: ['PerdureNobody'] });
      await t.waitForEvent(handle, 'WorkflowTaskFailed');
      await handle.terminate();
    },
    {
      history: { compare: 'unordered', reason: 'how often the task fails is a matter of time' },
      noReplay: { reason: 'its task never completes' },
    },
  ),
  scenario(
    'continuing as new with an attribute that nobody declared fails the task',
    async (t) => {
      await declareAttributes(t);
      await t.startWorker();
      const handle = await t.start(continueWithAttributes, { args: ['PerdureNobody'] });
      await t.waitForEvent(handle, 'WorkflowTaskFailed');
      await handle.terminate();
    },
    {
      history: { compare: 'unordered', reason: 'how often the task fails is a matter of time' },
      noReplay: { reason: 'its task never completes' },
    },
  ),
  scenario(
    'starts with attributes that cannot be are refused',
    async (t) => {
      await declareAttributes(t);
      const ofType = (name: string, type: string, value: string): unknown =>
        invalid(`invalid value for search attribute ${name} of type ${type}: ${value}`);
      const cases: readonly (readonly [string, unknown, unknown])[] = [
        [
          'PerdureNobody',
          'x',
          invalid(`Namespace ${t.namespace} has no mapping defined for search attribute PerdureNobody`),
        ],
        ['WorkflowId', 'x', invalid("WorkflowId attribute can't be set in SearchAttributes")],
        [
          'TemporalWorkerDeployment',
          'x',
          invalid("TemporalWorkerDeployment attribute can't be set in SearchAttributes"),
        ],
        ['PerdureNumber', 'x', ofType('PerdureNumber', 'Int', 'x')],
        ['PerdureNumber', 1.5, ofType('PerdureNumber', 'Int', '1.5')],
        ['PerdureNumber', 1e300, ofType('PerdureNumber', 'Int', '1e+300')],
        ['PerdureNumber', [1, 2], ofType('PerdureNumber', 'Int', '[1 2]')],
        ['PerdureAmount', '1', ofType('PerdureAmount', 'Double', '1')],
        ['PerdureFlag', 'true', ofType('PerdureFlag', 'Bool', 'true')],
        ['PerdureWhen', 'yesterday', ofType('PerdureWhen', 'Datetime', 'yesterday')],
        ['PerdureWhen', '2024-01-01', ofType('PerdureWhen', 'Datetime', '2024-01-01')],
        ['PerdureWhen', '2026-02-30T00:00:00Z', ofType('PerdureWhen', 'Datetime', '2026-02-30T00:00:00Z')],
        ['PerdureWhen', '2026-01-01T24:00:00Z', ofType('PerdureWhen', 'Datetime', '2026-01-01T24:00:00Z')],
        ['PerdureName', 3, ofType('PerdureName', 'Keyword', '3')],
        ['PerdureName', { a: 1 }, ofType('PerdureName', 'Keyword', 'map[a:1]')],
        ['PerdureName', ['a', 'b'], ofType('PerdureName', 'Keyword', '[a b]')],
        ['PerdureTags', 'a', ofType('PerdureTags', 'KeywordList', 'a')],
        ['PerdureTags', [1], ofType('PerdureTags', 'KeywordList', '[1]')],
        [
          'PerdureName',
          'x'.repeat(3000),
          invalid('search attribute PerdureName value size 3002 exceeds size limit 2048'),
        ],
      ];
      for (const [name, value, expected] of cases) {
        assert.deepEqual(await refusedWith(t, name, value), expected, `${name} = ${JSON.stringify(value)}`);
      }
    },
    unordered,
  ),
  scenario(
    'a list of one stands for what is in it, null for nothing, an empty list for itself',
    async (t) => {
      await declareAttributes(t);
      const workflowId = t.workflowId();
      const indexedFields = { PerdureNumber: payload([1]), PerdureName: payload(null), PerdureTags: payload([]) };
      await startByHand(t, { workflowId, searchAttributes: { indexedFields } });
      await t.eventually(async () => {
        const query = `WorkflowId = '${workflowId}' AND PerdureNumber = 1 AND PerdureName IS NULL AND PerdureTags IS NOT NULL`;
        assert.equal((await t.client.workflow.count(query)).count, 1);
      });
    },
    unordered,
  ),
  scenario(
    'all conditions of a query count, however far apart those on one attribute are',
    async (t) => {
      await declareAttributes(t);
      const [first, second] = [t.workflowId('first'), t.workflowId('second')];
      const indexedFields = { PerdureName: payload(t.taskQueue) };
      for (const workflowId of [first, second]) {
        await startByHand(t, { workflowId, searchAttributes: { indexedFields } });
      }
      const named = `PerdureName = '${t.taskQueue}'`;
      const count = async (query: string): Promise<number> => (await t.client.workflow.count(query)).count;
      await t.eventually(async () => assert.equal(await count(named), 2));
      const hour = (offset: number): string => new Date(Date.now() + offset * 3_600_000).toISOString();
      assert.equal(await count(`StartTime >= '${hour(1)}' AND ${named} AND StartTime <= '${hour(2)}'`), 0);
      assert.equal(await count(`StartTime >= '${hour(-1)}' AND ${named} AND StartTime <= '${hour(2)}'`), 2);
      assert.equal(await count(`WorkflowId = '${first}' AND ${named} AND WorkflowId = '${second}'`), 0);
    },
    unordered,
  ),
  scenario(
    'attributes are declared, listed and removed',
    async (t) => {
      await declareAttributes(t);
      const { namespace } = t;
      const operator = operatorOf(t);
      const { customAttributes, systemAttributes } = await operator.listSearchAttributes({ namespace });
      assert.equal(customAttributes['PerdureTags'], 7);
      assert.equal(systemAttributes['WorkflowId'], 2);
      assert.equal(systemAttributes['ExecutionDuration'], 3);
      assert.equal(systemAttributes['TemporalChangeVersion'], 7);
      // What is there stays as it is, and what is not cannot be removed.
      await operator.addSearchAttributes({ namespace, searchAttributes: { PerdureTags: 2 } });
      await operator.removeSearchAttributes({ namespace, searchAttributes: ['PerdureNobody'] });
      assert.equal((await operator.listSearchAttributes({ namespace })).customAttributes['PerdureTags'], 7);
      const add = async (attributes: Record<string, number>, inNamespace = namespace): Promise<unknown> =>
        await refusalOf(operator.addSearchAttributes({ namespace: inNamespace, searchAttributes: attributes }));
      const remove = async (...names: string[]): Promise<unknown> =>
        await refusalOf(operator.removeSearchAttributes({ namespace, searchAttributes: names }));
      assert.deepEqual(await add({}), invalid('SearchAttributes are not set on request.'));
      assert.deepEqual(await add({ WorkflowId: 2 }), invalid('Search attribute WorkflowId is reserved by system.'));
      assert.deepEqual(await add({ TemporalMine: 2 }), invalid('Search attribute TemporalMine is reserved by system.'));
      assert.deepEqual(await add({ Mine: 99 }), invalid('Unknown search attribute type: 99.'));
      assert.deepEqual(await add({ Mine: 2 }, ''), invalid('Namespace is not set on request.'));
      assert.deepEqual(await add({ Mine: 2 }, 'no-such-namespace'), {
        code: 'NOT_FOUND',
        details: 'Namespace no-such-namespace is not found.',
      });
      assert.deepEqual(await remove(), invalid('SearchAttributes are not set on request.'));
      assert.deepEqual(
        await remove('WorkflowId'),
        invalid('Unable to remove non-custom search attributes: WorkflowId.'),
      );
    },
    unordered,
  ),
  scenario('a workflow adds, changes and removes entries of its memo', async (t) => {
    await t.startWorker();
    const options = { memo: { changed: 'before', removed: 'gone', kept: [1] } };
    const handle = await t.start(changeMemo, options);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    const expected = { added: 1, changed: 'after', kept: [1] };
    assert.deepEqual((await handle.describe()).memo, expected);
    await t.eventually(async () => {
      for await (const { memo: listed } of t.client.workflow.list({ query: `WorkflowId = '${handle.workflowId}'` })) {
        assert.deepEqual(listed, expected);
        return true;
      }
      return false;
    });
    await handle.signal(endWaiting);
    assert.deepEqual(await handle.result(), expected);
  }),
  scenario('a memo of the start may have nulls', async (t) => {
    const workflowId = t.workflowId();
    await startByHand(t, {
      workflowId,
      workflowType: { name: waitForever.name },
      memo: memo({ a: null, b: [], c: 1 }),
    });
    assert.deepEqual((await t.client.workflow.getHandle(workflowId).describe()).memo, { a: null, b: [], c: 1 });
  }),
  scenario(
    'the builds of code that worked on a run are an attribute',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(sayAttributes);
      await handle.result();
      const { typedSearchAttributes, raw } = await handle.describe();
      const builds = shown(typedSearchAttributes)['BuildIds'] as string[];
      assert.equal(builds[0], 'unversioned');
      assert.match(builds[1] ?? '', /^unversioned:.+/);
      assert.equal(builds.length, 2);
      assert.ok(raw.workflowExecutionInfo?.searchAttributes);
      await t.eventually(async () => {
        const query = `WorkflowId = '${handle.workflowId}' AND BuildIds = '${builds[1]}'`;
        assert.equal((await t.client.workflow.count(query)).count, 1);
      });
    },
    unordered,
  ),
]);
