import assert from 'node:assert/strict';
import { toNumber } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { StoreError } from '../../../src/core/store.ts';
import type { Store, StoredRun } from '../../../src/core/store.ts';
import { closedAt, collect, commitOf, creationOf, exampleEvents, exampleRecord } from './examples.ts';
import type { StoreScenario } from './examples.ts';

/** Commits, revisions, pointers, histories. */
export const writeScenarios: readonly StoreScenario[] = [
  {
    name: 'knows nothing at first',
    run: async (store) => {
      assert.equal(await store.load(exampleRecord('a')), undefined);
      assert.equal(await store.currentRunId('default', 'a'), undefined);
      assert.deepEqual(await store.readHistory(exampleRecord('a'), 1), []);
      assert.deepEqual(await collect(store.unfinished()), []);
      assert.deepEqual(await store.list({ namespace: 'default', limit: 10 }), { records: [], next: undefined });
      assert.equal(await store.count({ namespace: 'default' }), 0);
      await store.delete(exampleRecord('a'));
    },
  },
  {
    name: 'creates a run with history and pointer',
    run: async (store) => {
      const record = exampleRecord('a', { requestIds: new Set(['x']), timers: timers('__proto__') });
      assert.equal(await store.commit(creationOf(record, exampleEvents(1, 3))), 'committed');
      assert.deepEqual(await stored(store, record), { record, revision: 1 });
      assert.equal(await store.currentRunId('default', 'a'), 'a');
      assert.deepEqual(await ids(store, 'a', 1), [1, 2, 3]);
    },
  },
  {
    name: 'counts revisions and appends events',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a'), exampleEvents(1, 2)));
      const next = exampleRecord('a', { signalCount: 1 });
      const write = { expectedRevision: 1, record: next, events: exampleEvents(3, 5, 'later') };
      assert.equal(await store.commit(commitOf(write)), 'committed');
      assert.deepEqual(await stored(store, next), { record: next, revision: 2 });
      assert.equal(await store.commit(commitOf({ expectedRevision: 2, record: next, events: [] })), 'committed');
      assert.equal((await store.load(next))?.revision, 3);
      assert.deepEqual(await ids(store, 'a', 1), [1, 2, 3, 4, 5]);
      const [event] = await store.readHistory(next, 4, 5);
      assert.equal(event?.workflowExecutionSignaledEventAttributes?.signalName, 'later');
    },
  },
  {
    name: 'reads any range of a history',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a'), exampleEvents(1, 2)));
      for (let revision = 1; revision < 5; revision++) {
        const events = exampleEvents(revision * 2 + 1, revision * 2 + 2);
        await store.commit(commitOf({ expectedRevision: revision, record: exampleRecord('a'), events }));
      }
      for (let from = 0; from <= 12; from++) {
        for (let to = 0; to <= 12; to++) {
          const expected = Array.from({ length: 10 }, (_, index) => index + 1).filter((id) => id >= from && id < to);
          assert.deepEqual(await ids(store, 'a', from, to), expected, `${from} to ${to}`);
        }
      }
      assert.deepEqual(await ids(store, 'a', 8), [8, 9, 10]);
    },
  },
  {
    name: 'refuses a commit computed from another revision',
    run: async (store) => {
      const record = exampleRecord('a');
      await store.commit(creationOf(record, exampleEvents(1, 1)));
      for (const expectedRevision of [0, 2, 7]) {
        const write = { expectedRevision, record: exampleRecord('a', { signalCount: 9 }), events: exampleEvents(2, 2) };
        assert.equal(await store.commit(commitOf(write)), 'conflict');
      }
      assert.equal(
        await store.commit(commitOf({ expectedRevision: 1, record: exampleRecord('b'), events: [] })),
        'conflict',
      );
      assert.deepEqual(await stored(store, record), { record, revision: 1 });
      assert.equal(await store.load(exampleRecord('b')), undefined);
      assert.deepEqual(await ids(store, 'a', 1), [1]);
    },
  },
  {
    name: 'refuses a commit when another run is current',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a')));
      const second = exampleRecord('a', { runId: 'second' });
      assert.equal(await store.commit(creationOf(second)), 'conflict');
      assert.equal(await store.commit(creationOf(second, [], 'another')), 'conflict');
      assert.equal(await store.load(second), undefined);
      assert.equal(await store.commit(creationOf(second, [], 'a')), 'committed');
      assert.equal(await store.currentRunId('default', 'a'), 'second');
      assert.equal((await store.load(exampleRecord('a')))?.revision, 1);
      assert.equal(await store.commit(creationOf(exampleRecord('b'), [], 'a')), 'conflict');
    },
  },
  {
    name: 'writes several runs together or not at all',
    run: async (store) => {
      const [a, b, c] = [exampleRecord('a'), exampleRecord('b'), exampleRecord('c')];
      await store.commit(creationOf(a, exampleEvents(1, 1)));
      const both = [
        { expectedRevision: 1, record: a, events: exampleEvents(2, 3) },
        { expectedRevision: 0, record: b, events: exampleEvents(1, 2) },
      ];
      const stale = { expectedRevision: 1, record: c, events: [] };
      assert.equal(await store.commit(commitOf(...both, stale)), 'conflict');
      assert.deepEqual(await ids(store, 'a', 1), [1]);
      assert.equal(await store.load(b), undefined);
      assert.equal(await store.commit(commitOf(...both)), 'committed');
      assert.deepEqual(await ids(store, 'a', 1), [1, 2, 3]);
      assert.deepEqual(await ids(store, 'b', 1), [1, 2]);
    },
  },
  {
    name: 'accepts one of many commits made at once from the same revision',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a'), exampleEvents(1, 1)));
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, signalCount) =>
          store.commit(
            commitOf({ expectedRevision: 1, record: exampleRecord('a', { signalCount }), events: exampleEvents(2, 2) }),
          ),
        ),
      );
      assert.equal(results.filter((result) => result === 'committed').length, 1);
      assert.equal((await store.load(exampleRecord('a')))?.revision, 2);
      assert.deepEqual(await ids(store, 'a', 1), [1, 2]);
    },
  },
  {
    name: 'accepts many commits made at once for different runs, and a chain for one',
    run: async (store) => {
      const names = Array.from({ length: 50 }, (_, index) => `run ${index}`);
      const created = names.map((name) => store.commit(creationOf(exampleRecord(name), exampleEvents(1, 2))));
      const chained = names.map((name) =>
        store.commit(commitOf({ expectedRevision: 1, record: exampleRecord(name), events: exampleEvents(3, 3) })),
      );
      assert.deepEqual(new Set(await Promise.all([...created, ...chained])), new Set(['committed']));
      for (const name of names) assert.deepEqual(await ids(store, name, 1), [1, 2, 3]);
      assert.equal(await store.count({ namespace: 'default' }), 50);
    },
  },
  {
    name: 'refuses a history with a gap, as that is a bug',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a'), exampleEvents(1, 2)));
      for (const events of [
        exampleEvents(2, 3),
        exampleEvents(4, 4),
        [...exampleEvents(3, 3), ...exampleEvents(5, 5)],
      ]) {
        await assert.rejects(
          store.commit(commitOf({ expectedRevision: 1, record: exampleRecord('a'), events })),
          RangeError,
        );
      }
      await assert.rejects(store.commit(creationOf(exampleRecord('b'), exampleEvents(2, 3))), RangeError);
      assert.equal((await store.load(exampleRecord('a')))?.revision, 1);
      assert.equal(await store.load(exampleRecord('b')), undefined);
    },
  },
  {
    name: 'keeps workflow ids, runs and namespaces apart',
    run: async (store) => {
      const keys = [
        { namespace: 'n', workflowId: 'a', runId: 'b c' },
        { namespace: 'n', workflowId: 'a b', runId: 'c' },
        { namespace: 'n', workflowId: 'a', runId: '__proto__' },
        { namespace: 'm', workflowId: 'a', runId: 'b c' },
        { namespace: '__proto__', workflowId: 'constructor', runId: 'toString' },
        { namespace: 'n', workflowId: 'ä\u{1f600}', runId: "'; --" },
      ];
      for (const [index, key] of keys.entries()) {
        const record = exampleRecord('', { ...key, signalCount: index });
        assert.equal(
          await store.commit(commitOf({ expectedRevision: 0, record, events: exampleEvents(1, index + 1) })),
          'committed',
        );
      }
      for (const [index, key] of keys.entries()) {
        assert.equal((await store.load(key))?.record.signalCount, index);
        assert.equal((await store.readHistory(key, 1)).length, index + 1);
      }
      assert.equal(await store.count({ namespace: 'n' }), 4);
      assert.equal(await store.count({ namespace: 'm' }), 1);
    },
  },
  {
    name: 'deletes a run with its history, and its pointer',
    run: async (store) => {
      const [old, last] = [exampleRecord('a', closedAt(5)), exampleRecord('a', { runId: 'last', ...closedAt(6) })];
      await store.commit(creationOf(old, exampleEvents(1, 3)));
      await store.commit(creationOf(last, exampleEvents(1, 4), 'a'));
      await store.delete(old);
      assert.equal(await store.load(old), undefined);
      assert.deepEqual(await store.readHistory(old, 1), []);
      assert.equal(await store.currentRunId('default', 'a'), 'last');
      assert.equal((await store.readHistory(last, 1)).length, 4);
      assert.equal(await store.commit(commitOf({ expectedRevision: 1, record: old, events: [] })), 'conflict');
      await store.delete(last);
      assert.equal(await store.currentRunId('default', 'a'), undefined);
      assert.equal(await store.count({ namespace: 'default' }), 0);
      await store.delete(last);
      assert.equal(await store.commit(creationOf(old, exampleEvents(1, 1))), 'committed');
      assert.equal((await store.readHistory(old, 1)).length, 1);
    },
  },
  {
    name: 'keeps a long history and a large record',
    run: async (store) => {
      const record = exampleRecord('a', {
        requestIds: new Set(Array.from({ length: 5000 }, (_, index) => `request ${index}`)),
      });
      await store.commit(creationOf(record, exampleEvents(1, 3000, 'x'.repeat(100))));
      assert.deepEqual(await stored(store, record), { record, revision: 1 });
      assert.equal((await store.readHistory(record, 2990)).length, 11);
      assert.equal((await store.readHistory(record, 1)).length, 3000);
    },
  },
  {
    name: 'refuses everything once it is closed',
    run: async (store) => {
      await store.commit(creationOf(exampleRecord('a')));
      await store.close();
      await store.close();
      const isClosed = (error: unknown): boolean => error instanceof StoreError && error.code === 'closed';
      await assert.rejects(store.load(exampleRecord('a')), isClosed);
      await assert.rejects(store.commit(creationOf(exampleRecord('b'))), isClosed);
      await assert.rejects(store.list({ namespace: 'default', limit: 1 }), isClosed);
      await assert.rejects(collect(store.unfinished()), isClosed);
    },
  },
];

function timers(id: string): RunRecord['timers'] {
  return new Map([[id, { timerId: id, startedEventId: 3, fireAt: 1.5 }]]);
}

/** What is stored of a run, but for what only some stores say. */
async function stored(store: Store, key: RunRecord): Promise<Pick<StoredRun, 'record' | 'revision'> | undefined> {
  const run = await store.load(key);
  return run && { record: run.record, revision: run.revision };
}

async function ids(store: Store, run: string, from: number, to?: number): Promise<number[]> {
  return (await store.readHistory(exampleRecord(run), from, to)).map(({ eventId }) => toNumber(eventId));
}
