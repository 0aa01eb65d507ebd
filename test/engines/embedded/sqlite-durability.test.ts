import type * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { toNumber } from '../../../src/core/proto.ts';
import type { Commit } from '../../../src/core/store.ts';
import { openShared } from '../../../src/engines/embedded/shared-service.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import type { SqliteStoreOptions } from '../../../src/engines/embedded/sqlite-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { countingService } from './counting-service.ts';
import { temporaryDirectory } from './support.ts';

/** The disk, which takes as long as a test says. */
const disk = vi.hoisted(() => ({
  /** How many times it has been asked. */
  asked: 0,
  /** Answers the oldest question, or all from then on. */
  answer: undefined as ((error?: Error) => void) | undefined,
  isSlow: false,
}));

vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  return {
    ...real,
    fdatasync: (file: number, told: (error: Error | null) => void) => {
      disk.asked++;
      if (disk.isSlow) disk.answer = (error) => (error === undefined ? real.fdatasync(file, told) : told(error));
      else real.fdatasync(file, told);
    },
  };
});

afterEach(() => {
  disk.isSlow = false;
});

async function open(options: SqliteStoreOptions = {}): Promise<SqliteStore> {
  const store = await SqliteStore.open(join(temporaryDirectory(), 'perdure.db'), options);
  onTestFinished(() => store.close());
  disk.asked = 0;
  disk.answer = undefined;
  return store;
}

const record = exampleRecord('a');
/** A change of the run that was read with a revision: one more event, and the revision as its state count. */
function change(expectedRevision: number): Commit {
  const changed = exampleRecord('a', { stateTransitionCount: expectedRevision });
  return commitOf({
    expectedRevision,
    record: changed,
    events: exampleEvents(expectedRevision + 1, expectedRevision + 1),
  });
}
const creation = creationOf(record, exampleEvents(1, 1));

async function ids(store: SqliteStore, to?: number): Promise<number[]> {
  return (await store.readHistory(record, 1, to)).map(({ eventId }) => toNumber(eventId));
}

describe('a commit', () => {
  test('is acknowledged, and shown, when the disk has it; everything else goes on meanwhile', async () => {
    const store = await open();
    await store.commit(creation);
    disk.isSlow = true;
    const commit = store.commit(change(1));
    await expect.poll(() => disk.asked).toBe(2);
    const other = store.commit(creationOf(exampleRecord('b')));
    const list = store.list({ namespace: 'default', limit: 10 });
    const seen: string[] = [];
    void commit.then(() => seen.push('committed'));
    void list.then(({ records }) => seen.push(`${records.length} listed`));
    expect(await store.load(record)).toMatchObject({ revision: 1 });
    expect(await ids(store)).toEqual([1]);
    expect(seen).toEqual([]);
    disk.isSlow = false;
    disk.answer?.();
    expect(await Promise.all([commit, other])).toEqual(['committed', 'committed']);
    await list;
    expect(seen).toEqual(['committed', '1 listed']);
    expect(await store.load(record)).toMatchObject({ revision: 2 });
  });

  test('does not wait for the disk where the death of the process is all that it has to survive', async () => {
    const store = await open({ synchronous: 'normal' });
    await store.commit(creation);
    expect(disk.asked).toBe(0);
  });

  test('whose fate nobody knows, as the disk failed, is the last one', async () => {
    const failures: unknown[] = [];
    const store = await open({ onFailure: (error) => failures.push(error) });
    await store.commit(creation);
    disk.isSlow = true;
    const commits = [store.commit(change(1)), store.commit(creationOf(exampleRecord('b')))];
    await expect.poll(() => disk.asked).toBe(2);
    disk.answer?.(new Error('EIO: i/o error, fdatasync'));
    const unknown = { code: 'unavailable', message: expect.stringMatching(/disk did not keep .*EIO.*opened again/) };
    for (const commit of commits) await expect(commit).rejects.toMatchObject(unknown);
    for (const call of [store.load(record), store.count({ namespace: 'default' }), store.commit(change(1))]) {
      await expect(call).rejects.toMatchObject(unknown);
    }
    expect(failures).toEqual([expect.objectContaining(unknown)]);
    await store.close();
    disk.isSlow = false;
    const again = await SqliteStore.open(store.path);
    onTestFinished(() => again.close());
    expect((await again.load(record))?.revision).toBeOneOf([1, 2]);
  });

  test('is asked for again by its caller, and the file is opened anew, when the disk fails a shared file', async () => {
    const shared = await openShared({ path: join(temporaryDirectory(), 'perdure.db'), startOwner: countingService });
    onTestFinished(() => shared.close());
    const signal = { signalName: 'a', requestId: '1' };
    disk.isSlow = true;
    disk.asked = 0;
    const call = shared.service.signalWorkflowExecution(signal);
    await expect.poll(() => disk.asked).toBe(1);
    disk.isSlow = false;
    disk.answer?.(new Error('EIO: i/o error, fdatasync'));
    await expect(call).rejects.toMatchObject({ code: 'unavailable' });
    await shared.service.signalWorkflowExecution({ ...signal, signalName: 'b' });
    expect(shared.role()).toBe('owner');
    const { count } = await shared.service.countWorkflowExecutions({ namespace: 'default' });
    expect(toNumber(count)).toBeOneOf([1, 2]);
  });
});

describe('a change that may wait', () => {
  test('is written with the next one of its run, and counts as if it had been written alone', async () => {
    const store = await open();
    await store.commit(creation);
    const waiting = [1, 2].map(async (revision) => store.commitLater(change(revision)));
    expect(store.recall(record)).toMatchObject({ revision: 3, record: { stateTransitionCount: 2 } });
    // Whoever works on it has all of its history.
    expect(await ids(store, 4)).toEqual([1, 2, 3]);
    expect((await store.readHistory(record, 3, 4)).length).toBe(1);
    expect(disk.asked).toBe(1);
    expect(await store.commit(change(3))).toBe('committed');
    expect(await Promise.all(waiting)).toEqual(['committed', 'committed']);
    expect(disk.asked).toBe(2);
    expect(store.recall(record)).toBeUndefined();
    expect(await store.load(record)).toMatchObject({ revision: 4, record: { stateTransitionCount: 3 } });
    expect(await ids(store)).toEqual([1, 2, 3, 4]);
  });

  test('is written alone when none comes', async () => {
    const store = await open();
    await store.commit(creation);
    expect(await store.commitLater(change(1))).toBe('committed');
    expect(await store.load(record)).toMatchObject({ revision: 2 });
  });

  test('is written before anybody else reads the run, and when the store closes', async () => {
    const store = await open();
    await store.commit(creation);
    void store.commitLater(change(1));
    expect(await store.load(record)).toMatchObject({ revision: 2 });
    void store.commitLater(change(2));
    expect(await ids(store)).toEqual([1, 2, 3]);
    void store.commitLater(change(3));
    await store.close();
    const again = await SqliteStore.open(store.path);
    onTestFinished(() => again.close());
    expect(await again.load(record)).toMatchObject({ revision: 4 });
    expect(await ids(again)).toEqual([1, 2, 3, 4]);
  });

  test('is refused with what was computed from it when it cannot be written; the run is as before', async () => {
    const store = await open();
    await store.commit(creation);
    const other = new DatabaseSync(store.path);
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    const waiting = store.commitLater(change(1));
    const next = store.commit(change(2));
    await expect(next).rejects.toMatchObject({ code: 'locked' });
    await expect(waiting).rejects.toMatchObject({ code: 'locked' });
    other.exec('ROLLBACK');
    expect(await store.load(record)).toMatchObject({ revision: 1 });
    expect(await store.commit(change(1))).toBe('committed');
  });

  test('is refused when another one was faster', async () => {
    const store = await open();
    await store.commit(creation);
    const waiting = store.commitLater(change(1));
    expect(await store.commit(change(1))).toBe('conflict');
    expect(await waiting).toBe('committed');
    const stale = store.commitLater(change(1));
    expect(await store.load(record)).toMatchObject({ revision: 2 });
    expect(await stale).toBe('conflict');
  });

  test('makes no run, and moves no pointer', async () => {
    const store = await open();
    expect(store.commitLater(creation)).toBeUndefined();
    expect(store.commitLater({ ...creation, current: [] })).toBeUndefined();
  });
});
