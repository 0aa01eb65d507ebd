import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type * as Sqlite from 'node:sqlite';
import { ConfigurationError } from '../../engine/index.ts';

const SQLITE_BUSY = 5;

/**
 * Takes a directory, which is there, for this process, until the function that is returned is called or the process ends, however it ends: the lock is one of the operating system's,
 * on a SQLite file beside the directory, with an exclusive transaction. Nobody ever removes that file, so no two processes can hold locks on different ones.
 * @throws ConfigurationError when another process has it.
 */
export function lockDirectory(path: string): () => void {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  let lock: Sqlite.DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(`${path}.lock`);
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    lock?.close();
    throw isBusy(cause) ? inUse(path) : cause;
  }
  const held = lock;
  writeFileSync(pidFile(path), `${process.pid}\n`, { mode: 0o600 });
  return () => {
    rmSync(pidFile(path), { force: true });
    held.close();
  };
}

function inUse(path: string): ConfigurationError {
  let who = 'another process';
  try {
    who = `process ${Number(readFileSync(pidFile(path), 'utf8'))}`;
  } catch {
    // It has just begun, or ends.
  }
  return new ConfigurationError('path', `${path} is in use by ${who}, and PGlite is for one process.`, {
    fix: 'Stop that one, choose another path, or use PostgreSQL: set PERDURE_DATA_URL.',
  });
}

function pidFile(path: string): string {
  return `${path}.pid`;
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}
