import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreError } from '../../core/store.ts';

/** Primary result codes of SQLite, and the one extended code that needs its own words. */
const SQLITE = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/**
 * The `StoreError` for what SQLite or the file system threw, with what to do about it. Errors of neither, bugs among them, are given back as they are.
 * @param path of the database file, for the message.
 */
export function toStoreError(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const options = { cause: error };
  if (error instanceof SyntaxError) return corrupt(path, error.message, options);
  if ('errcode' in error && typeof error.errcode === 'number') return fromSqlite(error, error.errcode, path);
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return full(path, options);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StoreError('read-only', `No permission to write ${path}: ${error.message}`, options);
    case 'ENOTDIR':
    case 'EISDIR':
    case 'EEXIST':
    case 'ENOENT':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new StoreError(
        'unavailable',
        `${path} cannot be a database file: ${error.message}. Choose another path.`,
        options,
      );
    default:
      return error;
  }
}

/** Whether SQLite found the file locked by somebody else. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE.BUSY;
}

function fromSqlite(error: Error, errcode: number, path: string): StoreError {
  const options = { cause: error };
  switch (errcode & 0xff) {
    case SQLITE.FULL:
      return full(path, options);
    case SQLITE.NOTADB:
      return new StoreError(
        'corrupt',
        `${path} is not a SQLite database. It was left as it is: move it away, or choose another path.`,
        options,
      );
    case SQLITE.CORRUPT:
      return corrupt(path, error.message, options);
    case SQLITE.READONLY:
    case SQLITE.PERM:
      return new StoreError(
        'read-only',
        `${path} cannot be written (${error.message}). This process needs write permission for the file and its directory.`,
        options,
      );
    case SQLITE.BUSY:
    case SQLITE.LOCKED:
      return new StoreError(
        'locked',
        `${path} is locked by a program outside of Perdure (${error.message}), perhaps a database browser. Close it there.`,
        options,
      );
    case SQLITE.IOERR:
      // Not every write that finds no room is reported as such, for example when the shared memory file grows.
      if (hasNoRoom(path)) return full(path, options);
      return unavailable(path, error, options);
    default:
      return unavailable(path, error, options);
  }
}

/** The file is damaged; `what` says where. */
export function corrupt(path: string, what: string, options?: ErrorOptions): StoreError {
  return new StoreError(
    'corrupt',
    `${path} is damaged (${what}). Nothing was changed. Stop all processes that use it and restore it from a backup, ` +
      `or save what is left with: sqlite3 '${path}' .recover`,
    options,
  );
}

function full(path: string, options: ErrorOptions): StoreError {
  return new StoreError(
    'full',
    `No room for ${path}: the disk, a quota or the configured limit is exhausted. Nothing of the commit was written; make room and work goes on.`,
    options,
  );
}

function unavailable(path: string, error: Error, options: ErrorOptions): StoreError {
  return new StoreError('unavailable', `${path} cannot be used: ${error.message}.`, options);
}

function hasNoRoom(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    return bavail * bsize < 64 * 1024;
  } catch {
    return false;
  }
}
