import { copyFileSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { toNumber } from '../../../src/core/proto.ts';
import { readOwner } from '../../../src/engines/embedded/owner.ts';
import { openShared, type SharedService } from '../../../src/engines/embedded/shared-service.ts';
import { SqliteStore } from '../../../src/engines/embedded/sqlite-store.ts';
import { exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { countingService } from './counting-service.ts';
import { temporaryDirectory } from './support.ts';

async function open(path: string): Promise<SharedService> {
  const shared = await openShared({ path, startOwner: countingService, timeout: 20_000 });
  onTestFinished(() => shared.close());
  return shared;
}

const count = async ({ service }: SharedService): Promise<number> =>
  toNumber((await service.countWorkflowExecutions({ namespace: 'default' })).count);

const signal = async ({ service }: SharedService, signalName: string): Promise<unknown> =>
  service.signalWorkflowExecution({ signalName, requestId: '1' });

const contentOf = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'base64') : undefined);

/** What a caller is told when the file is gone, also through the socket. */
const gone = { message: expect.stringMatching(/perdure\.db was deleted, moved or replaced .*put the file back/) };

describe.skipIf(process.platform === 'win32')('a file that is taken away under its owner', () => {
  const ways: Readonly<Record<string, (path: string) => void>> = {
    deleted: (path) => rmSync(path),
    'deleted, with its log': (path) => ['', '-wal', '-shm'].forEach((end) => rmSync(`${path}${end}`)),
    'deleted, with its directory': (path) => rmSync(dirname(path), { recursive: true }),
    moved: (path) => renameSync(path, `${path}.old`),
    replaced: (path) => renameSync(`${path}.backup`, path),
  };

  test.for(Object.entries(ways))('is noticed: %s', async ([, takeAway]) => {
    const path = join(temporaryDirectory(), 'data', 'perdure.db');
    const owner = await open(path);
    const other = await open(path);
    await signal(other, 'a');
    copyFileSync(path, `${path}.backup`);
    takeAway(path);
    const left = contentOf(path);
    // Nothing is acknowledged any more, by nobody.
    await expect(signal(other, 'b')).rejects.toMatchObject(gone);
    await expect(signal(owner, 'c')).rejects.toMatchObject({ ...gone, code: 'gone' });
    await expect(count(owner)).rejects.toMatchObject({ code: 'gone' });
    expect(owner.role()).toBe('owner');
    await other.close();
    await owner.close();
    // Nobody has written what is there now, or made anew what is not.
    expect(contentOf(path)).toEqual(left);
  });

  test('is noticed while nobody writes', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const owner = await open(path);
    await signal(owner, 'a');
    expect(await count(owner)).toBe(1);
    rmSync(path);
    await expect.poll(() => count(owner).catch((error: unknown) => error)).toMatchObject({ code: 'gone' });
  });

  test('loses nothing when it was only moved, with its log', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const owner = await open(path);
    await signal(owner, 'a');
    const elsewhere = join(temporaryDirectory(), 'perdure.db');
    for (const end of ['', '-wal']) renameSync(`${path}${end}`, `${elsewhere}${end}`);
    await expect(signal(owner, 'b')).rejects.toMatchObject(gone);
    await owner.close();
    const store = await SqliteStore.open(elsewhere);
    onTestFinished(() => store.close());
    expect(await store.load(exampleRecord('a'))).toBeDefined();
  });

  test('is opened anew when only its log was taken away, and has all that was acknowledged', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const owner = await open(path);
    await signal(owner, 'a');
    rmSync(`${path}-wal`);
    await expect(signal(owner, 'b')).rejects.toMatchObject({ code: 'unavailable' });
    await signal(owner, 'b');
    expect(await count(owner)).toBe(2);
    expect(owner.role()).toBe('owner');
  });

  test('is left to another owner, who could take it as the lock was taken away', async () => {
    const path = join(temporaryDirectory(), 'perdure.db');
    const first = await open(path);
    await signal(first, 'a');
    rmSync(`${path}.owner`, { recursive: true });
    const second = await open(path);
    await signal(second, 'b');
    await expect(signal(first, 'c')).rejects.toMatchObject({ code: 'unavailable' });
    await signal(first, 'c');
    expect([first.role(), second.role()]).toEqual(['connected', 'owner']);
    expect(readOwner(path)).toMatchObject({ pid: process.pid, socket: expect.any(String) });
    expect(await count(first)).toBe(3);
  });
});
