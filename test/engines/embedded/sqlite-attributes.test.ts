import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { jsonPayload } from '../../../src/core/payloads.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import { creationOf, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { temporaryDirectory } from './support.ts';

async function open(path: string): Promise<SqliteStore> {
  const store = await SqliteStore.open(path, { synchronous: 'normal' });
  onTestFinished(() => store.close());
  return store;
}

const named = (index: number, name: string): RunRecord =>
  exampleRecord(`run ${index}`, {
    startTime: index,
    searchAttributes: { indexedFields: { Name: jsonPayload(name, 'Keyword'), Number: jsonPayload(index, 'Int') } },
  });

test('what many runs have is found among the newest, what few have by its index, both in the order of a list', async () => {
  const store = await open(join(temporaryDirectory(), 'perdure.db'));
  const all = Array.from({ length: 1300 }, (_, index) => named(index, index % 13 === 0 ? 'few' : 'many'));
  await Promise.all(all.map((record) => store.commit(creationOf(record))));
  const startsOf = async (name: string, number?: { from: number }): Promise<readonly number[]> => {
    const attributes = [
      { name: 'Name', values: [name] },
      ...(number === undefined ? [] : [{ name: 'Number', range: number }]),
    ];
    const { records } = await store.list({ namespace: 'default', attributes, limit: 5 });
    return records.map(({ startTime }) => startTime);
  };
  expect(await startsOf('many')).toEqual([1299, 1298, 1297, 1296, 1295]);
  expect(await startsOf('few')).toEqual([1287, 1274, 1261, 1248, 1235]);
  expect(await startsOf('many', { from: 1297 })).toEqual([1299, 1298, 1297]);
  expect(await store.count({ namespace: 'default', attributes: [{ name: 'Name', values: ['many'] }] })).toBe(1200);
});

test('more values may be asked for than SQLite takes parameters', async () => {
  const store = await open(join(temporaryDirectory(), 'perdure.db'));
  for (let index = 0; index < 3; index++) await store.commit(creationOf(named(index, `name ${index}`)));
  const texts = Array.from({ length: 40_000 }, (_, index) => `name ${index + 1}`);
  const numbers = Array.from({ length: 40_000 }, (_, index) => index);
  const attributes = [
    { name: 'Name', values: texts },
    { name: 'Number', values: numbers.filter((number) => number !== 2) },
  ];
  const { records } = await store.list({ namespace: 'default', attributes, limit: 5 });
  expect(records).toEqual([named(1, 'name 1')]);
  expect(await store.count({ namespace: 'default', attributes })).toBe(1);
  const statuses = Array.from({ length: 40_000 }, () => named(0, '').status);
  expect(await store.count({ namespace: 'default', statuses })).toBe(3);
});

test('a file of the first format is brought to this one, with its runs in the index', async () => {
  const path = join(temporaryDirectory(), 'perdure.db');
  const first = await SqliteStore.open(path);
  for (let index = 0; index < 3; index++) await first.commit(creationOf(named(index, `name ${index}`)));
  await first.commit(creationOf(exampleRecord('without')));
  await first.close();
  const database = new DatabaseSync(path);
  database.exec('DROP TABLE attributes; DROP TABLE namespaces; PRAGMA user_version = 1');
  database.close();
  const store = await open(path);
  const attributes = [{ name: 'Name', values: ['name 1'] }];
  expect((await store.list({ namespace: 'default', attributes, limit: 5 })).records).toEqual([named(1, 'name 1')]);
  expect(await store.readNamespaces()).toEqual([]);
});
