import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../core/store.ts';
import { fileIdentity } from './file-identity.ts';
import { isBusy, toStoreError } from './sqlite-errors.ts';
import { loadSqlite, makeDirectory, resolveDatabasePath } from './sqlite-file.ts';

/**
 * Who owns a database file. Beside `perdure.db` is a directory `perdure.db.owner` (mode 0700) with
 * - `lock`: an empty SQLite file on which the owner holds an exclusive transaction. The operating system drops that lock when the process
 *   dies, however it dies. Nobody ever removes the file, so no two processes can hold locks on different ones.
 * - `owner.json`: who the owner is, written by the owner only.
 * - the owner's socket, unless the path is too long for one.
 */
export interface OwnerInfo {
  readonly pid: number;
  /** Where the owner serves others; missing while it does not. */
  readonly socket?: string;
}

/** The right of this process to a database file, until it is released or the process dies. */
export interface Ownership {
  /** The database file, absolute and without symbolic links. */
  readonly path: string;
  /** Private directory beside the file. */
  readonly directory: string;
  /** Tells other processes where this one serves them; `undefined` when it no longer does. */
  announce(socket: string | undefined): void;
  /** Lets another process own the file. Calling it twice does nothing. */
  release(): void;
}

/**
 * Takes ownership of a database file, which need not exist yet.
 * @throws StoreError `locked` when somebody has it, this process included.
 */
export function acquireOwnership(path: string): Ownership {
  const ownership = tryAcquireOwnership(path);
  if (ownership !== undefined) return ownership;
  const real = resolveDatabasePath(path);
  const owner = readOwner(real);
  const who =
    owner === undefined ? 'Another process' : owner.pid === process.pid ? 'This process' : `Process ${owner.pid}`;
  throw new StoreError(
    'locked',
    `${who} owns ${real} already. A file has one owner: connect to it through the owner's socket instead, or stop the owner.`,
  );
}

/**
 * As `acquireOwnership`, but `undefined` when somebody has it.
 * @throws StoreError when there is no permission, no room or no SQLite.
 */
export function tryAcquireOwnership(path: string): Ownership | undefined {
  const real = resolveDatabasePath(path);
  const directory = directoryOf(real);
  const { DatabaseSync } = loadSqlite();
  let lock: DatabaseSync | undefined;
  try {
    makePrivateDirectory(directory);
    // Never opened but by SQLite: closing any other descriptor of the file would drop the lock of this process.
    lock = new DatabaseSync(join(directory, 'lock'));
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    writeOwner(directory, { pid: process.pid });
    return toOwnership(real, directory, lock);
  } catch (error) {
    lock?.close();
    if (isBusy(error)) return undefined;
    throw toStoreError(error, real);
  }
}

/** What the last owner of a file said about itself; it may be dead. `undefined` when there is none. */
export function readOwner(path: string): OwnerInfo | undefined {
  try {
    const info: unknown = JSON.parse(readFileSync(join(directoryOf(path), 'owner.json'), 'utf8'));
    if (typeof info !== 'object' || info === null || !('pid' in info) || typeof info.pid !== 'number') return undefined;
    const socket = 'socket' in info && typeof info.socket === 'string' ? { socket: info.socket } : {};
    return { pid: info.pid, ...socket };
  } catch {
    return undefined;
  }
}

/** Makes a directory that only this user can enter, or makes one so that is there. */
export function makePrivateDirectory(directory: string): void {
  makeDirectory(directory);
  chmodSync(directory, 0o700);
}

function directoryOf(path: string): string {
  return `${path}.owner`;
}

function writeOwner(directory: string, info: OwnerInfo): void {
  const temporary = join(directory, 'owner.json.new');
  writeFileSync(temporary, `${JSON.stringify(info)}\n`, { mode: 0o600 });
  renameSync(temporary, join(directory, 'owner.json'));
}

function toOwnership(path: string, directory: string, lock: DatabaseSync): Ownership {
  let isHeld = true;
  const identity = fileIdentity(join(directory, 'lock'));
  // Where the directory was taken away, there may be one of another owner by now.
  const isThere = (): boolean => fileIdentity(join(directory, 'lock')) === identity;
  return {
    path,
    directory,
    announce: (socket) => {
      if (!isHeld || !isThere()) return;
      writeOwner(directory, { pid: process.pid, ...(socket === undefined ? {} : { socket }) });
    },
    release: () => {
      if (!isHeld) return;
      isHeld = false;
      if (isThere()) rmSync(join(directory, 'owner.json'), { force: true });
      lock.close();
    },
  };
}
