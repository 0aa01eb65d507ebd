import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StoreError } from '../../../src/core/store.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { temporaryDirectory } from './support.ts';

// Programs of the system, where it has them: the tests do without.
const [MOUNT, UNMOUNT] = ['mount', 'umount'] as const;

describe('a file that cannot be used', () => {
  test('is no database', async () => {
    const path = file('important notes\n'.repeat(1000));
    await expectRefusal(path, 'corrupt', /is not a SQLite database\. It was left as it is/);
  });

  test('is a database of another application', async () => {
    const path = file();
    sql(path, 'CREATE TABLE mine (a); INSERT INTO mine VALUES (1)');
    await expectRefusal(path, 'corrupt', /database of another application/);
    sql(path, 'DROP TABLE mine; PRAGMA application_id = 42');
    await expectRefusal(path, 'corrupt', /database of another application/);
  });

  test('was written by a newer version', async () => {
    const path = await filled();
    sql(path, 'PRAGMA user_version = 7');
    await expectRefusal(path, 'newer-version', /newer version of Perdure \(format 7, this version knows 2\)/);
  });

  test('was cut short', async () => {
    const path = await filled();
    truncateSync(path, statSync(path).size - 3 * 4096);
    await expectRefusal(path, 'corrupt', /is damaged .* Nothing was changed/);
  });

  test('has a damaged page', async () => {
    const path = await filled();
    const bytes = readFileSync(path);
    // Page 1 holds the schema and stays.
    bytes.fill(0xa5, 4096 * 2);
    writeFileSync(path, bytes);
    await expectRefusal(path, 'corrupt', /is damaged/);
  });

  test('lacks a table', async () => {
    const path = await filled();
    sql(path, 'DROP TABLE history');
    await expectRefusal(path, 'unavailable', /no such table: history/);
  });

  test('is a directory, or below a file', async () => {
    const directory = temporaryDirectory();
    await expect(SqliteStore.open(directory)).rejects.toMatchObject({ code: 'unavailable' });
    expect(existsSync(`${directory}.owner`)).toBe(false);
    writeFileSync(join(directory, 'file'), '');
    await expect(SqliteStore.open(join(directory, 'file', 'perdure.db'))).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  test
    .skipIf(process.platform !== 'linux')
    .each(['/proc/perdure.db', '/proc/perdure/perdure.db', '/proc/perdure/deeper/perdure.db'])(
    'is where nothing can be made: %s',
    (path) => {
      // In a process of its own: what cannot be made once kept its thread for ever.
      const engine = JSON.stringify(new URL('../../../src/engines/embedded/index.ts', import.meta.url).href);
      const script = `
      const { createEmbeddedEngine } = await import(${engine});
      const error = await createEmbeddedEngine({ path: ${JSON.stringify(path)} }).catch((reason) => reason);
      console.log(error.name, error.code, error.message);`;
      const args = ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script];
      const { stdout } = spawnSync(process.execPath, args, { timeout: 20_000, killSignal: 'SIGKILL' });
      expect(String(stdout)).toMatch(
        /^StoreError unavailable \/proc\/perdure.* cannot be a database file: .* Choose another path\./,
      );
    },
  );

  test('may be empty', async () => {
    const store = await SqliteStore.open(file(''));
    onTestFinished(() => store.close());
    expect(await store.commit(creationOf(exampleRecord('a')))).toBe('committed');
  });

  test('is being written by another program', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const store = await SqliteStore.open(path);
    onTestFinished(() => store.close());
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.commit(creationOf(exampleRecord('a')))).rejects.toMatchObject({ code: 'locked' });
    other.exec('ROLLBACK');
    other.close();
    expect(await store.commit(creationOf(exampleRecord('a')))).toBe('committed');
  });
});

describe('a file that is damaged while it is open', () => {
  test.for([
    'DELETE FROM history WHERE first_id = 3',
    'DELETE FROM history WHERE first_id = 5',
    "UPDATE history SET events = x'a5a5a5a5' WHERE first_id = 3",
    'UPDATE history SET events = zeroblob(0) WHERE first_id = 3',
    'UPDATE runs SET record = substr(record, 1, 100)',
  ])('says so to whoever reads it: %s', async (damage) => {
    const store = await SqliteStore.open(file(), { cacheBytes: 0 });
    onTestFinished(() => store.close());
    const record = exampleRecord('a');
    await store.commit(creationOf(record, exampleEvents(1, 2)));
    for (const revision of [1, 2]) {
      const events = exampleEvents(2 * revision + 1, 2 * revision + 2);
      await store.commit(commitOf({ expectedRevision: revision, record, events }));
    }
    expect((await store.readHistory(record, 1)).length).toBe(6);
    sql(store.path, damage);
    const damaged = { code: 'corrupt', message: expect.stringMatching(/is damaged .*restore it from a backup/) };
    await expect(store.readHistory(record, 1)).rejects.toMatchObject(damaged);
  });
});

describe('permissions', () => {
  test('a directory or file that cannot be written', () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const shut = join(directory, 'shut');
    mkdirSync(shut, { mode: 0o555 });
    expect(openAsNobody(join(shut, 'perdure.db'))).toMatch(/^read-only: No permission to write/);
    expect(openAsNobody(join(shut, 'deeper', 'perdure.db'))).toMatch(/^read-only: No permission to write/);
    const open = join(directory, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    writeFileSync(join(open, 'perdure.db'), '', { mode: 0o444 });
    expect(openAsNobody(join(open, 'perdure.db'))).toMatch(/^read-only: No permission to write/);
    expect(statSync(join(open, 'perdure.db')).size).toBe(0);
    expect(existsSync(join(shut, 'perdure.db'))).toBe(false);
  });
});

describe('no room', () => {
  test('below the configured limit', async () => {
    const store = await SqliteStore.open(join(temporaryDirectory(), 'perdure.db'), { maxBytes: 200 * 1024 });
    onTestFinished(() => store.close());
    await expectFullAndRecovery(store, async () => {
      for (let index = 0; index < 4; index++) await store.delete(exampleRecord(`run ${index}`));
    });
  });

  test('for one of the commits of a transaction leaves room for the others', async () => {
    const store = await SqliteStore.open(join(temporaryDirectory(), 'perdure.db'), { maxBytes: 200 * 1024 });
    onTestFinished(() => store.close());
    const results = await Promise.allSettled([
      store.commit(creationOf(exampleRecord('a'), exampleEvents(1, 1))),
      store.commit(creationOf(exampleRecord('huge'), exampleEvents(1, 1, 'x'.repeat(300_000)))),
      store.commit(creationOf(exampleRecord('b'), exampleEvents(1, 1))),
      store.commit(creationOf(exampleRecord('gap'), exampleEvents(2, 2))),
    ]);
    expect(
      results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).name)),
    ).toEqual(['committed', 'StoreError', 'committed', 'RangeError']);
    expect(await store.load(exampleRecord('huge'))).toBeUndefined();
    expect((await store.readHistory(exampleRecord('b'), 1)).length).toBe(1);
  });

  test('on the disk', async ({ skip }) => {
    const disk = smallDisk('1m');
    skip(disk === undefined, 'mounting a small disk is not allowed here');
    if (disk === undefined) return;
    const filler = join(disk, 'filler');
    const path = join(disk, 'perdure.db');
    let store = await SqliteStore.open(path);
    onTestFinished(() => store.close());
    writeFileSync(filler, Buffer.alloc(300 * 1024));
    const written = await expectFullAndRecovery(store, async () => truncateSync(filler, 0));
    await store.close();
    store = await SqliteStore.open(path);
    expect(await store.count({ namespace: 'default' })).toBe(written);
  });

  test('on the disk for a new file', async ({ skip }) => {
    const disk = smallDisk('64k');
    skip(disk === undefined, 'mounting a small disk is not allowed here');
    if (disk === undefined) return;
    const filler = join(disk, 'filler');
    writeFileSync(filler, Buffer.alloc(52 * 1024));
    const path = join(disk, 'perdure.db');
    await expect(SqliteStore.open(path)).rejects.toMatchObject({ code: 'full' });
    // Without room there is not even a place for the lock, so the directory has to stay as it was made.
    execFileSync(MOUNT, ['-o', 'remount,size=4m', disk]);
    const store = await SqliteStore.open(path);
    expect(await store.commit(creationOf(exampleRecord('a')))).toBe('committed');
    await store.close();
  });
});

/** Fills a store until it refuses, checks that it is intact, makes room, and goes on. Returns the number of runs in the end. */
async function expectFullAndRecovery(store: SqliteStore, makeRoom: () => Promise<void>): Promise<number> {
  let written = 0;
  let failure: unknown;
  while (failure === undefined && written < 2000) {
    try {
      await store.commit(creationOf(exampleRecord(`run ${written}`), exampleEvents(1, 1, 'x'.repeat(8000))));
      written++;
    } catch (error) {
      failure = error;
    }
  }
  expect(failure).toBeInstanceOf(StoreError);
  expect(failure).toMatchObject({
    code: 'full',
    message: expect.stringMatching(/^No room for .*make room and work goes on/),
  });
  expect(written).toBeGreaterThan(5);
  expect(await store.load(exampleRecord(`run ${written}`))).toBeUndefined();
  expect((await store.readHistory(exampleRecord('run 0'), 1)).length).toBe(1);
  await makeRoom();
  const record = exampleRecord('after');
  expect(await store.commit(creationOf(record, exampleEvents(1, 1)))).toBe('committed');
  expect(await store.commit(commitOf({ expectedRevision: 1, record, events: exampleEvents(2, 2) }))).toBe('committed');
  return await store.count({ namespace: 'default' });
}

async function expectRefusal(path: string, code: string, message: RegExp): Promise<void> {
  const before = readFileSync(path);
  const error: unknown = await SqliteStore.open(path).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(StoreError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect((error as Error).message).toContain(path);
  expect(readFileSync(path).equals(before)).toBe(true);
  // Looking at a file in WAL mode may leave an empty log beside it.
  expect(statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
}

function file(content?: string): string {
  const path = join(temporaryDirectory(), 'perdure.db');
  if (content !== undefined) writeFileSync(path, content);
  return path;
}

async function filled(): Promise<string> {
  const path = file();
  const store = await SqliteStore.open(path);
  for (let index = 0; index < 50; index++) {
    await store.commit(creationOf(exampleRecord(`run ${index}`), exampleEvents(1, 2, 'x'.repeat(1000))));
  }
  await store.close();
  return path;
}

function sql(path: string, text: string): void {
  const database = new DatabaseSync(path);
  database.exec(text);
  database.close();
}

/** Opens a store in another process, which is nobody in particular when this one is root; tells how that went. */
function openAsNobody(path: string): string {
  const module = new URL('../../../src/engines/embedded/sqlite-store.ts', import.meta.url).href;
  const script = `
    if (process.getuid() === 0) process.setuid(65534);
    const { SqliteStore } = await import(${JSON.stringify(module)});
    const outcome = await SqliteStore.open(${JSON.stringify(path)}).then(() => 'opened', (e) => e.code + ': ' + e.message);
    process.stdout.write(outcome);`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return stdout === '' ? stderr : stdout;
}

/** A file system of its own with little room, where this process may mount one. */
function smallDisk(size: string): string | undefined {
  const directory = temporaryDirectory();
  const { status } = spawnSync(MOUNT, ['-t', 'tmpfs', '-o', `size=${size}`, 'perdure-test', directory]);
  if (status !== 0) return undefined;
  onTestFinished(() => void spawnSync(UNMOUNT, ['-l', directory]));
  return directory;
}
