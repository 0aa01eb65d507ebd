import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { JournalStore } from '../../examples/custom-engine/journal-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../testing/conformance/store/examples.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'perdure-journal-'));
  file = join(folder, 'runs.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was committed is there again', async () => {
  const record = exampleRecord('a', { requestIds: new Set(['x']) });
  const store = await JournalStore.open(file);
  await store.commit(creationOf(record, exampleEvents(1, 3)));
  await store.commit(creationOf(exampleRecord('b')));
  expect(await store.commit(creationOf(record))).toBe('conflict');
  await store.commit(commitOf({ expectedRevision: 1, record, events: exampleEvents(4, 4) }));
  await store.delete(exampleRecord('b'));
  await store.close();

  const again = await JournalStore.open(file);
  expect(await again.load(record)).toEqual({ record, revision: 2 });
  expect(await again.currentRunId('default', 'a')).toBe('a');
  expect((await again.readHistory(record, 1)).map(({ eventId }) => Number(eventId))).toEqual([1, 2, 3, 4]);
  expect(await again.load(exampleRecord('b'))).toBeUndefined();
  await again.close();
  await again.close();
  await expect(again.commit(creationOf(exampleRecord('c')))).rejects.toMatchObject({ code: 'closed' });
});

test('a line that was being written when the process died counts for nothing', async () => {
  const store = await JournalStore.open(file);
  await store.commit(creationOf(exampleRecord('a')));
  await store.close();
  const whole = readFileSync(file, 'utf8');
  appendFileSync(file, 'c{"runs":[{"expectedRevi');
  const again = await JournalStore.open(file);
  expect(readFileSync(file, 'utf8')).toBe(whole);
  await again.commit(creationOf(exampleRecord('b')));
  await again.close();
  const last = await JournalStore.open(file);
  expect(await last.count({ namespace: 'default' })).toBe(2);
  await last.close();
});

test('a file is for one process', async () => {
  const store = await JournalStore.open(file);
  await expect(JournalStore.open(file)).rejects.toMatchObject({ code: 'locked' });
  await store.close();
  // Of one that was killed.
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(`${file}.lock`, `${pid}`);
  await (await JournalStore.open(file)).close();
  expect(existsSync(`${file}.lock`)).toBe(false);
});

test('a damaged file is told of, and not kept', async () => {
  writeFileSync(file, 'cnonsense\n');
  await expect(JournalStore.open(file)).rejects.toMatchObject({ code: 'corrupt' });
  expect(existsSync(`${file}.lock`)).toBe(false);
  writeFileSync(
    file,
    `c${JSON.stringify({ runs: [{ record: '{"version":99,"record":{}}', events: '' }], current: [] })}\n`,
  );
  await expect(JournalStore.open(file)).rejects.toMatchObject({ code: 'newer-version' });
});

test('nothing is built on what could not be written', async () => {
  const store = await JournalStore.open(file);
  const writing = vi.spyOn(fs, 'fdatasyncSync').mockImplementation(() => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  });
  syncBuiltinESMExports();
  try {
    await expect(store.commit(creationOf(exampleRecord('a')))).rejects.toMatchObject({ code: 'unavailable' });
  } finally {
    writing.mockRestore();
    syncBuiltinESMExports();
  }
  await expect(store.commit(creationOf(exampleRecord('b')))).rejects.toMatchObject({ code: 'unavailable' });
  await store.close();
});
