import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { GroupCommit } from '../../../src/engines/embedded/group-commit.ts';

/** Syncs that the disk has not finished, oldest first. */
let syncs: PromiseWithResolvers<void>[];
let published: string[][];
let failures: unknown[];
let database: DatabaseSync;
let group: GroupCommit<string[]>;

beforeEach(() => {
  syncs = [];
  published = [];
  failures = [];
  database = new DatabaseSync(':memory:');
  database.exec('CREATE TABLE names (name TEXT NOT NULL UNIQUE) STRICT');
  group = new GroupCommit(database, {
    begin: (before) => [...(before ?? [])],
    sync: () => {
      const sync = Promise.withResolvers<void>();
      syncs.push(sync);
      return sync.promise;
    },
    committed: (changes) => published.push(changes),
    failed: (error) => failures.push(error),
  });
});

const write = (name: string): Promise<string> =>
  group.submit((changes) => {
    changes.push(name);
    database.prepare('INSERT INTO names VALUES (?)').run(name);
    return name;
  });

/** Waits until the disk is asked for the n-th time. */
async function asked(count: number): Promise<void> {
  await expect.poll(() => syncs.length).toBe(count);
}

/** Whether a promise is settled by now. */
const isOver = async (promise: Promise<unknown>): Promise<boolean> => {
  const over = promise.then(
    () => true,
    () => true,
  );
  return Promise.race([over, delay(10, false)]);
};

describe('a group commit', () => {
  test('tells nobody before the disk has it, and writes what comes meanwhile together', async () => {
    const first = write('a');
    await asked(1);
    const others = [write('b'), write('c')];
    const reader = group.settled();
    expect(await isOver(Promise.race([first, reader, ...others]))).toBe(false);
    expect(published).toEqual([]);
    syncs[0]?.resolve();
    expect(await first).toBe('a');
    await reader;
    expect(published).toEqual([['a']]);
    await asked(2);
    syncs[1]?.resolve();
    expect(await Promise.all(others)).toEqual(['b', 'c']);
    expect(published).toEqual([['a'], ['b', 'c']]);
  });

  test('writes without those that fail, and waits for the disk once', async () => {
    const results = Promise.allSettled([write('a'), write('a'), write('b')]);
    await asked(1);
    syncs[0]?.resolve();
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(published).toEqual([['a', 'b']]);
    expect(syncs.length).toBe(1);
  });

  test('asks the disk for nothing when nothing was written', async () => {
    const failing = group.submit(() => {
      throw new RangeError('no');
    });
    await expect(failing).rejects.toThrow('no');
    await group.flush();
    expect(syncs.length).toBe(0);
  });

  test('keeps the event loop for a part of many writes only', async () => {
    const many = Array.from({ length: 150 }, (_, index) => write(`${index}`));
    for (let count = 1; count <= 3; count++) {
      await asked(count);
      syncs[count - 1]?.resolve();
    }
    await Promise.all(many);
    expect(published.map((changes) => changes.length)).toEqual([64, 64, 22]);
  });

  test('accepts nothing any more when the disk fails', async () => {
    const first = write('a');
    await asked(1);
    const second = write('b');
    const reader = group.settled();
    const error = new Error('EIO');
    syncs[0]?.reject(error);
    for (const promise of [first, second, reader, write('c'), group.settled()]) {
      await expect(promise).rejects.toBe(error);
    }
    expect([published, failures]).toEqual([[], [error]]);
    await group.flush();
  });

  test('begins nothing while it is to pause', async () => {
    const pause = Promise.withResolvers<string>();
    const paused = group.pauseFor(() => pause.promise);
    const first = write('a');
    expect(await isOver(first)).toBe(false);
    expect(syncs.length).toBe(0);
    pause.resolve('over');
    expect(await paused).toBe('over');
    await asked(1);
    syncs[0]?.resolve();
    await first;
  });

  test('flushes all that was submitted', async () => {
    const first = write('a');
    const flushed = group.flush();
    expect(await isOver(flushed)).toBe(false);
    syncs[0]?.resolve();
    await flushed;
    expect(await isOver(first)).toBe(true);
  });
});
