import { mkdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import type { SqliteStoreOptions } from '../../../src/engines/embedded/sqlite-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { storeScenarios } from '../../../testing/conformance/store.ts';
import { temporaryDirectory } from './support.ts';

async function open(path: string, options?: SqliteStoreOptions): Promise<SqliteStore> {
  const store = await SqliteStore.open(path, options);
  onTestFinished(() => store.close());
  return store;
}

describe.each([
  ['as by default', {}],
  ['without a cache', { cacheBytes: 0 }],
] as const)('SQLite store %s', (_, options) => {
  for (const { name, run } of storeScenarios) {
    test(name, async () =>
      run(await open(join(temporaryDirectory(), 'perdure.db'), { synchronous: 'normal', ...options })),
    );
  }
});

describe('SQLite file', () => {
  test('has everything when it is opened again', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const record = exampleRecord('a', { requestIds: new Set(['x']) });
    const first = await open(path);
    await first.commit(creationOf(record, exampleEvents(1, 2)));
    await first.commit(commitOf({ expectedRevision: 1, record, events: exampleEvents(3, 4) }));
    await first.close();
    const second = await open(path);
    expect(await second.load(record)).toEqual({ record, revision: 2 });
    expect((await second.readHistory(record, 2)).length).toBe(3);
    expect(await second.currentRunId('default', 'a')).toBe('a');
    expect(await second.commit(commitOf({ expectedRevision: 2, record, events: exampleEvents(5, 5) }))).toBe(
      'committed',
    );
    expect((await second.readHistory(record, 1)).length).toBe(5);
  });

  test('is for its owner only, as is everything beside it', async () => {
    const directory = join(temporaryDirectory(), 'new', '.perdure');
    const path = join(directory, 'perdure.db');
    const store = await open(path);
    await store.commit(creationOf(exampleRecord('a')));
    const modes = [directory, path, `${path}-wal`, `${path}-shm`, `${path}.owner`, join(`${path}.owner`, 'owner.json')];
    expect(modes.map((file) => (statSync(file).mode & 0o777).toString(8))).toEqual([
      '700',
      '600',
      '600',
      '600',
      '700',
      '600',
    ]);
  });

  test('is one file, whatever name it is opened by', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'real'));
    symlinkSync(join(directory, 'real'), join(directory, 'link'));
    const store = await open(join(directory, 'link', 'perdure.db'));
    expect(store.path).toBe(join(directory, 'real', 'perdure.db'));
    await expect(open(join(directory, 'real', 'perdure.db'))).rejects.toMatchObject({ code: 'locked' });
    symlinkSync(store.path, join(directory, 'alias.db'));
    await expect(open(join(directory, 'alias.db'))).rejects.toMatchObject({ code: 'locked' });
  });

  test('has one owner at a time', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const store = await open(path);
    await expect(open(path)).rejects.toThrow(`This process owns ${path} already`);
    await expect(open(path)).rejects.toMatchObject({ code: 'locked' });
    await store.close();
    await (await open(path)).close();
  });

  test('answers writes that were submitted before close', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const store = await open(path);
    const commit = store.commit(creationOf(exampleRecord('a')));
    await store.close();
    expect(await commit).toBe('committed');
    expect((await (await open(path)).load(exampleRecord('a')))?.revision).toBe(1);
  });

  test('keeps runs apart that were created, deleted and created again together', async () => {
    const store = await open(join(temporaryDirectory(), 'perdure.db'));
    const record = exampleRecord('a');
    await store.commit(creationOf(record, exampleEvents(1, 3)));
    const results = [store.delete(record), store.commit(creationOf(record, exampleEvents(1, 1, 'new')))];
    expect(await Promise.all(results)).toEqual([undefined, 'committed']);
    const history = await store.readHistory(record, 1);
    expect(history.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName)).toEqual(['new']);
  });
});
