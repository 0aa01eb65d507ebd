import assert from 'node:assert/strict';
import { newNamespace } from '../../../src/core/namespace-record.ts';
import { jsonPayload } from '../../../src/core/payloads.ts';
import { WorkflowExecutionStatus } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { scheduleType } from '../../../src/core/schedule/state.ts';
import type { ListFilter, ListQuery, Store, StoredRun } from '../../../src/core/store.ts';
import { closedAt, collect, commitOf, creationOf, exampleRecord, exampleSchedule } from './examples.ts';
import type { StoreScenario } from './examples.ts';

/** Lists, counts, and what is unfinished. */
export const listScenarios: readonly StoreScenario[] = [
  {
    name: 'finds what is unfinished',
    run: async (store) => {
      const effects = [{ kind: 'notifyParent', id: 'e', eventId: 1 }] as const;
      await store.commit(creationOf(exampleRecord('open')));
      await store.commit(creationOf(exampleRecord('closing')));
      await store.commit(creationOf(exampleRecord('with effects', { ...closedAt(5), effects })));
      await store.commit(creationOf(exampleRecord('closed at once', closedAt(5))));
      await store.commit(commitOf({ expectedRevision: 1, record: exampleRecord('closing', closedAt(5)), events: [] }));
      assert.deepEqual(names(await collect(store.unfinished())), ['open', 'with effects']);
      const done = { expectedRevision: 1, record: exampleRecord('with effects', closedAt(5)), events: [] };
      await store.commit(commitOf(done));
      assert.deepEqual(names(await collect(store.unfinished())), ['open']);
      assert.equal((await collect(store.unfinished()))[0]?.revision, 1);
    },
  },
  {
    name: 'lists schedules apart from runs',
    run: async (store) => {
      const running = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
      const completed = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED;
      await store.commit(creationOf(exampleRecord('run')));
      await store.commit(creationOf(exampleSchedule('schedule')));
      const closed = { ...exampleSchedule('over'), ...closedAt(5) };
      await store.commit(creationOf(closed));
      const listed = async (filter: Partial<ListQuery>): Promise<string[]> => {
        const query = { namespace: 'default', ...filter };
        const { records } = await store.list({ ...query, limit: 10 });
        assert.equal(await store.count(query), records.length);
        return names(records);
      };
      assert.deepEqual(await listed({}), ['run']);
      assert.deepEqual(await listed({ statuses: [running, completed] }), ['run']);
      assert.deepEqual(await listed({ workflowIdPrefix: 'temporal-sys' }), []);
      assert.deepEqual(await listed({ workflowType: scheduleType }), []);
      assert.deepEqual((await listed({ schedules: true })).toSorted(), ['over', 'schedule']);
      assert.deepEqual(await listed({ schedules: true, statuses: [running] }), ['schedule']);
      assert.deepEqual(names(await collect(store.unfinished())), ['run', 'schedule']);
      const changed = { ...exampleSchedule('schedule'), ...closedAt(9) };
      await store.commit(commitOf({ expectedRevision: 1, record: changed, events: [] }));
      assert.deepEqual(await listed({ schedules: true, statuses: [running] }), []);
      await store.delete(closed);
      assert.deepEqual(await listed({ schedules: true }), ['schedule']);
      // The type of schedules is nothing but a name, which workflows may have, too.
      await store.commit(creationOf(exampleRecord('of that type', { workflowType: scheduleType })));
      assert.deepEqual((await listed({})).toSorted(), ['of that type', 'run']);
      assert.deepEqual(await listed({ workflowType: scheduleType }), ['of that type']);
      assert.deepEqual(await listed({ schedules: true }), ['schedule']);
    },
  },
  {
    name: 'goes through many unfinished runs while they change',
    run: async (store) => {
      await fill(store, 250, (index) => ({ startTime: index }));
      const seen = new Set<string>();
      for await (const { record } of store.unfinished()) {
        seen.add(record.runId);
        await store.commit(commitOf({ expectedRevision: 1, record: { ...record, ...closedAt(9) }, events: [] }));
      }
      assert.equal(seen.size, 250);
      assert.deepEqual(await collect(store.unfinished()), []);
    },
  },
  {
    name: 'lists newest first, ties by run id, in pages',
    run: async (store) => {
      // Out of order, with ties.
      await fill(store, 60, (index) => ({ startTime: Math.floor(((index * 37) % 60) / 4) }));
      await fill(store, 5, () => ({ namespace: 'other', startTime: 3 }), 'x');
      const all = await store.list({ namespace: 'default', limit: 100 });
      assert.equal(all.next, undefined);
      const sorted = all.records.toSorted((a, b) => b.startTime - a.startTime || (a.runId < b.runId ? -1 : 1));
      assert.deepEqual(names(all.records), names(sorted));
      assert.equal(all.records.length, 60);
      for (const limit of [1, 7, 30, 60]) {
        const paged = await listAll(store, { namespace: 'default', limit });
        assert.deepEqual(names(paged), names(all.records), `pages of ${limit}`);
      }
    },
  },
  {
    name: 'goes on where a page ended, though runs come and go',
    run: async (store) => {
      await fill(store, 10, (index) => ({ startTime: index, ...closedAt(20) }));
      const first = await store.list({ namespace: 'default', limit: 4 });
      assert.deepEqual(starts(first.records), [9, 8, 7, 6]);
      await store.delete(exampleRecord('run 6'));
      await store.delete(exampleRecord('run 4'));
      await store.commit(creationOf(exampleRecord('newest', { startTime: 99 })));
      const second = await store.list({ namespace: 'default', limit: 4, cursor: first.next ?? '' });
      assert.deepEqual(starts(second.records), [5, 3, 2, 1]);
      const third = await store.list({ namespace: 'default', limit: 4, cursor: second.next ?? '' });
      assert.deepEqual(starts(third.records), [0]);
      assert.equal(third.next, undefined);
      await assert.rejects(store.list({ namespace: 'default', limit: 4, cursor: 'nonsense' }), RangeError);
    },
  },
  {
    name: 'lists what is left when most runs are deleted',
    run: async (store) => {
      await fill(store, 100, (index) => ({ startTime: index, ...closedAt(200) }));
      for (let index = 0; index < 100; index++) if (index % 10 !== 3) await store.delete(exampleRecord(`run ${index}`));
      const { records } = await store.list({ namespace: 'default', limit: 100 });
      assert.deepEqual(starts(records), [93, 83, 73, 63, 53, 43, 33, 23, 13, 3]);
      await store.commit(creationOf(exampleRecord('between', { startTime: 50 })));
      assert.deepEqual(
        starts(await listAll(store, { namespace: 'default', limit: 3, startTime: { from: 43, to: 63 } })),
        [63, 53, 50, 43],
      );
    },
  },
  {
    name: 'lists by every condition and all of them together',
    run: async (store) => {
      await fill(store, 24, (index) => ({
        startTime: index,
        workflowType: `type ${index % 2}`,
        taskQueue: `queue ${index % 3}`,
        ...(index % 4 === 0 ? closedAt(index + 100) : {}),
      }));
      const { WORKFLOW_EXECUTION_STATUS_RUNNING: running, WORKFLOW_EXECUTION_STATUS_COMPLETED: completed } =
        WorkflowExecutionStatus;
      await expectList(store, { workflowType: 'type 1' }, (index) => index % 2 === 1);
      await expectList(store, { taskQueue: 'queue 2' }, (index) => index % 3 === 2);
      await expectList(store, { statuses: [completed] }, (index) => index % 4 === 0);
      await expectList(store, { statuses: [running] }, (index) => index % 4 !== 0);
      await expectList(store, { statuses: [running, completed] }, () => true);
      await expectList(store, { statuses: [] }, () => false);
      await expectList(store, { workflowId: 'run 5' }, (index) => index === 5);
      await expectList(store, { workflowIdPrefix: 'run 1' }, (index) => index === 1 || (index >= 10 && index <= 19));
      await expectList(store, { workflowIdPrefix: 'run 23' }, (index) => index === 23);
      await expectList(store, { workflowIdPrefix: 'none' }, () => false);
      await expectList(store, { workflowIdPrefix: '' }, () => true);
      await expectList(
        store,
        { workflowIdPrefix: 'run 1', statuses: [completed], startTime: { from: 10, to: 14 } },
        (index) => index === 12,
      );
      await expectList(store, { runId: 'run 5' }, (index) => index === 5);
      await expectList(store, { workflowId: 'run 5', runId: 'run 6' }, () => false);
      await expectList(store, { startTime: { from: 3, to: 7 } }, (index) => index >= 3 && index <= 7);
      await expectList(store, { startTime: { to: 7 } }, (index) => index <= 7);
      await expectList(store, { startTime: {} }, () => true);
      await expectList(store, { closeTime: { from: 108 } }, (index) => index % 4 === 0 && index >= 8);
      await expectList(store, { closeTime: { to: 108 } }, (index) => index % 4 === 0 && index <= 8);
      await expectList(
        store,
        {
          workflowType: 'type 0',
          taskQueue: 'queue 0',
          statuses: [completed],
          startTime: { from: 1 },
          closeTime: { to: 112 },
        },
        (index) => index === 12,
      );
    },
  },
  {
    name: 'lists by search attributes, as they are now',
    run: async (store) => {
      const attributes = (index: number): RunRecord['searchAttributes'] => ({
        indexedFields: {
          Number: jsonPayload(index, 'Int'),
          Even: jsonPayload(index % 2 === 0, 'Bool'),
          Name: jsonPayload(`name ${index % 3}`, 'Keyword'),
          Tags: jsonPayload(index % 4 === 0 ? ['a', 'b', 'a'] : ['c'], 'KeywordList'),
        },
      });
      await fill(store, 24, (index) => ({ startTime: index, searchAttributes: attributes(index) }));
      await store.commit(creationOf(exampleRecord('without', { startTime: 50 })));
      await expectList(store, { attributes: [{ name: 'Name', values: ['name 1'] }] }, (index) => index % 3 === 1);
      await expectList(
        store,
        { attributes: [{ name: 'Name', values: ['name 1', 'none'] }] },
        (index) => index % 3 === 1,
      );
      await expectList(
        store,
        { attributes: [{ name: 'Name', values: ['name 0', 'name 1'] }] },
        (index) => index % 3 < 2,
      );
      await expectList(store, { attributes: [{ name: 'Number', values: [7] }] }, (index) => index === 7);
      await expectList(store, { attributes: [{ name: 'Number', values: ['7'] }] }, () => false);
      await expectList(store, { attributes: [{ name: 'Even', values: [1] }] }, (index) => index % 2 === 0);
      await expectList(store, { attributes: [{ name: 'Tags', values: ['a', 'b'] }] }, (index) => index % 4 === 0);
      await expectList(store, { attributes: [{ name: 'Other', values: ['a'] }] }, () => false);
      await expectList(
        store,
        { attributes: [{ name: 'Number', range: { from: 3, to: 5 } }] },
        (index) => index >= 3 && index <= 5,
      );
      await expectList(store, { attributes: [{ name: 'Number', range: { from: 20 } }] }, (index) => index >= 20);
      await expectList(
        store,
        {
          attributes: [
            { name: 'Even', values: [1] },
            { name: 'Tags', values: ['c'] },
          ],
          startTime: { from: 10 },
        },
        (index) => index >= 10 && index % 4 === 2,
      );
      const changed = exampleRecord('run 7', { startTime: 7, searchAttributes: attributes(100) });
      await store.commit(commitOf({ expectedRevision: 1, record: changed, events: [] }));
      await expectList(store, { attributes: [{ name: 'Number', values: [7] }] }, () => false);
      await expectList(store, { attributes: [{ name: 'Number', values: [100] }] }, (index) => index === 7);
      const closed = { ...changed, ...closedAt(200) };
      await store.commit(commitOf({ expectedRevision: 2, record: closed, events: [] }));
      await expectList(store, { attributes: [{ name: 'Number', values: [100] }] }, (index) => index === 7);
      await store.delete(changed);
      await expectList(store, { attributes: [{ name: 'Number', values: [100] }] }, () => false);
    },
  },
  {
    name: 'keeps what is known of namespaces',
    run: async (store) => {
      if (store.readNamespaces === undefined || store.writeNamespace === undefined) return;
      assert.deepEqual(await store.readNamespaces(), []);
      const first = {
        ...newNamespace('first'),
        description: 'for tests',
        searchAttributes: { Name: 'Keyword' },
      } as const;
      assert.equal(await store.writeNamespace('first', first, 0), 'committed');
      assert.equal(await store.writeNamespace('first', first, 0), 'conflict');
      const second = { ...newNamespace('second'), retention: 1000 };
      assert.equal(await store.writeNamespace('second', second, 0), 'committed');
      const changed = { ...first, data: { a: 'b' } };
      assert.equal(await store.writeNamespace('first', changed, 1), 'committed');
      const found = (await store.readNamespaces()).toSorted((a, b) => (a.record.name < b.record.name ? -1 : 1));
      assert.deepEqual(found, [
        { record: changed, revision: 2 },
        { record: second, revision: 1 },
      ]);
      assert.equal(await store.writeNamespace('first', undefined, 1), 'conflict');
      assert.equal(await store.writeNamespace('first', undefined, 2), 'committed');
      assert.deepEqual(await store.readNamespaces(), [{ record: second, revision: 1 }]);
    },
  },
  {
    name: 'takes the beginning of a workflow id to the letter',
    run: async (store) => {
      const ids = [
        'a',
        'A',
        'ab',
        'a%',
        'a%b',
        'a_',
        'a\\',
        'a\u{10FFFF}',
        'a\u{10FFFF}b',
        'a\uFFFFb',
        'ä',
        'aä',
        'a🙂',
        'b',
      ];
      for (const id of ids) await store.commit(creationOf(exampleRecord(id, { runId: `run of ${id}` })));
      for (const workflowIdPrefix of ['a', 'A', 'a%', 'a_', 'a\\', 'a\u{10FFFF}', 'a\uFFFF', 'ä', 'aä', 'a🙂']) {
        const { records } = await store.list({ namespace: 'default', limit: 100, workflowIdPrefix });
        const wanted = ids.filter((id) => id.startsWith(workflowIdPrefix));
        assert.deepEqual(records.map(({ workflowId }) => workflowId).toSorted(), wanted.toSorted(), workflowIdPrefix);
        assert.equal(await store.count({ namespace: 'default', workflowIdPrefix }), wanted.length);
      }
    },
  },
  {
    name: 'lists the newest of many runs whose id begins alike, and all of a few among them',
    run: async (store) => {
      const commits = Array.from({ length: 1100 }, (_, index) => {
        const id = index % 500 === 7 ? `few~${index}` : `many~${index}`;
        return creationOf(exampleRecord(id, { startTime: index }));
      });
      const all = { runs: commits.flatMap(({ runs }) => runs), current: commits.flatMap(({ current }) => current) };
      assert.equal(await store.commit(all), 'committed');
      const few = await listAll(store, { namespace: 'default', limit: 2, workflowIdPrefix: 'few~' });
      assert.deepEqual(starts(few), [1007, 507, 7]);
      const query = { namespace: 'default', limit: 2, workflowIdPrefix: 'many~', startTime: { to: 1008 } };
      const page = await store.list(query);
      assert.deepEqual(starts(page.records), [1008, 1006]);
      assert.deepEqual(starts((await store.list({ ...query, cursor: page.next ?? '' })).records), [1005, 1004]);
      assert.equal(await store.count({ namespace: 'default', workflowIdPrefix: 'many~' }), 1097);
    },
  },
  {
    name: 'lists what a run is now, not what it was',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a')));
      await store.list({ namespace: 'default', limit: 1 });
      await store.commit(commitOf({ expectedRevision: 1, record: exampleRecord('a', closedAt(7)), events: [] }));
      const { records } = await store.list({ namespace: 'default', limit: 1, closeTime: { from: 7 } });
      assert.equal(records[0]?.closeTime, 7);
      assert.equal(await store.count({ namespace: 'default', statuses: [1] }), 0);
    },
  },
];

async function fill(
  store: Store,
  count: number,
  at: (index: number) => Partial<RunRecord>,
  name = 'run',
): Promise<void> {
  for (let index = 0; index < count; index++) {
    assert.equal(await store.commit(creationOf(exampleRecord(`${name} ${index}`, at(index)))), 'committed');
  }
}

async function listAll(store: Store, query: ListQuery): Promise<RunRecord[]> {
  const records: RunRecord[] = [];
  let page = await store.list(query);
  records.push(...page.records);
  while (page.next !== undefined) {
    page = await store.list({ ...query, cursor: page.next });
    assert.ok(page.records.length > 0, 'a cursor leads to a page with something on it');
    records.push(...page.records);
  }
  return records;
}

async function expectList(
  store: Store,
  filter: Omit<ListFilter, 'namespace'>,
  expected: (index: number) => boolean,
): Promise<void> {
  const wanted = Array.from({ length: 24 }, (_, index) => 23 - index).filter(expected);
  const records = await listAll(store, { ...filter, namespace: 'default', limit: 5 });
  assert.deepEqual(starts(records), wanted, JSON.stringify(filter));
  assert.equal(await store.count({ ...filter, namespace: 'default' }), wanted.length, JSON.stringify(filter));
}

function names(runs: readonly (StoredRun | RunRecord)[]): string[] {
  const result = runs.map((run) => ('record' in run ? run.record : run).runId);
  return runs[0] !== undefined && 'record' in runs[0] ? result.toSorted() : result;
}

function starts(records: readonly RunRecord[]): number[] {
  return records.map(({ startTime }) => startTime);
}
