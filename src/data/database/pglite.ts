import { mkdirSync } from 'node:fs';
import { Kysely, PGliteDialect } from 'kysely';
import { messageOf } from '../../agent/failures.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { loadPackage } from '../load-package.ts';
import type { Database, Tables } from './database.ts';
import { lockDirectory } from './directory-lock.ts';

/** A directory that this process has open, and for how many. */
interface Shared {
  readonly opened: Promise<Database>;
  users: number;
}
const shared = new Map<string, Shared>();
/** Directories that are being closed. */
const closing = new Map<string, Promise<void>>();

/**
 * Opens a PGlite, a PostgreSQL within this process: in memory, or in a directory, which all parts of a process share and no other process may open.
 * @throws ConfigurationError when `@electric-sql/pglite` is missing, or another process has the directory.
 */
export async function openPglite(path: string | undefined): Promise<Database> {
  if (path === undefined) return create(undefined);
  while (closing.has(path)) await closing.get(path);
  let entry = shared.get(path);
  if (entry === undefined) {
    entry = { opened: openDirectory(path), users: 0 };
    shared.set(path, entry);
    entry.opened.catch(() => shared.delete(path));
  }
  entry.users += 1;
  const own = entry;
  const { db, name } = await own.opened;
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    own.users -= 1;
    if (own.users > 0) return;
    shared.delete(path);
    const closed = own.opened.then((database) => database.close()).finally(() => closing.delete(path));
    closing.set(path, closed);
    await closed;
  };
  return { db, name, close };
}

async function openDirectory(path: string): Promise<Database> {
  const unlock = takeDirectory(path);
  try {
    const database = await create(path);
    const close = async (): Promise<void> => {
      try {
        await database.close();
      } finally {
        unlock();
      }
    };
    return { ...database, close };
  } catch (error) {
    unlock();
    throw error;
  }
}

function takeDirectory(path: string): () => void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return lockDirectory(path);
  } catch (cause) {
    if (ConfigurationError.is(cause)) throw cause;
    throw new ConfigurationError('path', `${path} can't be used: ${messageOf(cause)}.`, {
      fix: 'Name a directory that this process may write to.',
      cause,
    });
  }
}

async function create(path: string | undefined): Promise<Database> {
  const { PGlite } = await loadPackage(() => import('@electric-sql/pglite'), 'kysely @electric-sql/pglite');
  const name = path === undefined ? 'PGlite in memory' : `PGlite in ${path}`;
  try {
    const pglite = await PGlite.create(path === undefined ? {} : { dataDir: path });
    const db = new Kysely<Tables>({ dialect: new PGliteDialect({ pglite }) });
    return { db, name, close: () => pglite.close() };
  } catch (cause) {
    throw new ConfigurationError(path === undefined ? 'memory' : 'path', `${name} can't be opened.`, {
      fix: 'See the cause; a directory of another version of PGlite has to be moved away.',
      cause,
    });
  }
}
