import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { Checkpoints } from '../../../src/engines/embedded/checkpoints.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { temporaryDirectory } from './support.ts';

const MEGABYTE = 1024 * 1024;

/** A database that SQLite does not checkpoint by itself. */
function databaseAt(path: string): { readonly write: () => void } {
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE texts (text TEXT) STRICT');
  const insert = database.prepare('INSERT INTO texts VALUES (?)');
  return { write: () => void insert.run('x'.repeat(MEGABYTE)) };
}

/** Rows in the database itself, without its log. */
function rowsWithoutLog(path: string): unknown {
  const copy = join(temporaryDirectory(), 'copy.db');
  copyFileSync(path, copy);
  const database = new DatabaseSync(copy);
  try {
    return database.prepare('SELECT count(*) AS rows FROM texts').get()?.['rows'];
  } finally {
    database.close();
  }
}

test('the log is copied into the database when it is long, with what is written meanwhile, and begins anew', async () => {
  const path = join(temporaryDirectory(), 'perdure.db');
  const { write } = databaseAt(path);
  let pauses = 0;
  const checkpoints: Checkpoints = new Checkpoints({
    path,
    pauseFor: async (work) => {
      pauses++;
      return work();
    },
    unavailable: () => expect.unreachable(),
  });
  onTestFinished(() => checkpoints.close());
  write();
  checkpoints.wrote(1, MEGABYTE);
  write();
  checkpoints.wrote(1, MEGABYTE);
  write();
  checkpoints.wrote(1, MEGABYTE);
  await expect.poll(() => pauses).toBe(1);
  await checkpoints.close();
  expect(rowsWithoutLog(path)).toBe(3);
  const { size } = statSync(`${path}-wal`);
  write();
  expect(statSync(`${path}-wal`).size).toBe(size);
});

test('a store copies its log, and leaves none behind', async () => {
  const store = await SqliteStore.open(join(temporaryDirectory(), 'perdure.db'), { synchronous: 'normal' });
  onTestFinished(() => store.close());
  const record = exampleRecord('a');
  await store.commit(creationOf(record, exampleEvents(1, 1)));
  const before = statSync(store.path).size;
  for (let revision = 1; revision <= 5; revision++) {
    const events = exampleEvents(revision + 1, revision + 1, 'x'.repeat(MEGABYTE));
    await store.commit(commitOf({ expectedRevision: revision, record, events }));
  }
  await expect.poll(() => statSync(store.path).size, { timeout: 20_000 }).toBeGreaterThan(before + 2 * MEGABYTE);
  await store.close();
  expect(statSync(`${store.path}-wal`, { throwIfNoEntry: false })).toBeUndefined();
  const again = await SqliteStore.open(store.path);
  onTestFinished(() => again.close());
  expect((await again.readHistory(record, 1)).length).toBe(6);
});
