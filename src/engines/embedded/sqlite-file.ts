import { accessSync, closeSync, constants, fsyncSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type * as Sqlite from 'node:sqlite';
import { decodeRecord } from '../../core/record-codec.ts';
import { indexedValues } from '../../core/search-attributes/value.ts';
import { StoreError } from '../../core/store.ts';
import { corrupt, toStoreError } from './sqlite-errors.ts';

/** `PDUR` in the header of each of our files, so that we never write into the file of another application. */
const APPLICATION_ID = 0x50445552;
const SCHEMA_VERSION = 2;
const PAGE_BYTES = 4096;
/** Files up to this size are checked whole when they are opened. */
const CHECKED_BYTES = 32 * 1024 * 1024;

/**
 * What format 2 added: search attributes as `indexedValues` has them, by name and value, and what is known of namespaces, as JSON.
 */
const SECOND = `
  CREATE TABLE attributes (
    namespace TEXT NOT NULL,
    name TEXT NOT NULL,
    value ANY NOT NULL,
    run INTEGER NOT NULL,
    PRIMARY KEY (namespace, name, value, run)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE namespaces (
    name TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/**
 * One row of `history` holds the events of one commit as an encoded `temporal.api.history.v1.History`.
 * `runs.record` is the text of `encodeRecord`; the columns beside it repeat what is searched for.
 */
const SCHEMA = `
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    namespace TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    last_event_id INTEGER NOT NULL,
    workflow_type TEXT NOT NULL,
    task_queue TEXT NOT NULL,
    status INTEGER NOT NULL,
    start_time REAL NOT NULL,
    close_time REAL,
    unfinished INTEGER NOT NULL,
    record TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX runs_by_key ON runs (namespace, workflow_id, run_id);
  CREATE INDEX runs_by_start ON runs (namespace, start_time DESC, run_id, workflow_id);
  CREATE INDEX runs_by_status ON runs (namespace, status, start_time DESC, run_id, workflow_id);
  CREATE INDEX unfinished_runs ON runs (id) WHERE unfinished = 1;
  CREATE TABLE current_runs (
    namespace TEXT NOT NULL,
    workflow_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    PRIMARY KEY (namespace, workflow_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE history (
    run INTEGER NOT NULL,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    events BLOB NOT NULL,
    PRIMARY KEY (run, first_id)
  ) STRICT, WITHOUT ROWID;
  ${SECOND}
`;

/** How to open a file. */
export interface SqliteFileOptions {
  /** Upper bound of the file's size in bytes. */
  readonly maxBytes: number | undefined;
}

/**
 * Where a database file really is: absolute, without symbolic links. Creates its directory, for the owner only, when it is not there.
 * @throws StoreError when the directory cannot be made.
 */
export function resolveDatabasePath(path: string): string {
  const absolute = resolve(path);
  try {
    makeDirectory(dirname(absolute));
    const real = realPathOf(absolute);
    if (statSync(real, { throwIfNoEntry: false })?.isDirectory() === true) {
      throw new StoreError('unavailable', `${real} is a directory: name a file in it.`);
    }
    return real;
  } catch (error) {
    throw toStoreError(error, absolute);
  }
}

/**
 * Makes a directory and those that it is in, for this user only; whatever is there stays as it is. The `recursive` of Node never returns where
 * nothing can be made although all looks well, as below `/proc`.
 */
export function makeDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: 0o700 });
    syncFile(parent);
  } catch (error) {
    // Another process may have been faster.
    if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}

/**
 * Opens a database file of ours, or makes a new one. The caller owns the file: nobody else has it open for writing.
 * @throws StoreError when it is not ours, too new, damaged or not writable; it is then left untouched.
 */
export function openDatabase(path: string, options: SqliteFileOptions): Sqlite.DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  let database: Sqlite.DatabaseSync | undefined;
  try {
    const bytes = prepareFile(path);
    if (bytes > 0) {
      database = new DatabaseSync(path, { readOnly: true });
      assertOurs(database, path, bytes);
      database.close();
      database = undefined;
    }
    database = new DatabaseSync(path);
    configure(database, options);
    if (readNumber(database, 'PRAGMA application_id') === 0) createSchema(database);
    else if (readNumber(database, 'PRAGMA user_version') < SCHEMA_VERSION) upgrade(database);
    secure(database, path);
    return database;
  } catch (error) {
    database?.close();
    throw toStoreError(error, path);
  }
}

/**
 * Node's own SQLite, loaded only when it is needed: Node prints a warning that it is experimental.
 * @throws StoreError when this Node does not have it.
 */
export function loadSqlite(): typeof Sqlite {
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof Sqlite | undefined;
  if (sqlite === undefined) {
    throw new StoreError('unavailable', `Node ${process.version} has no SQLite: Perdure needs Node 22.13 or newer.`);
  }
  return sqlite;
}

/** Makes the file with the right mode (SQLite gives its side files the same); returns its size. */
function prepareFile(path: string): number {
  try {
    closeSync(openSync(path, 'wx', 0o600));
    return 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  // SQLite would open the file for reading only, and fail much later.
  accessSync(path, constants.R_OK | constants.W_OK);
  accessSync(dirname(path), constants.W_OK | constants.X_OK);
  const { size } = statSync(path);
  return size;
}

function assertOurs(database: Sqlite.DatabaseSync, path: string, bytes: number): void {
  const applicationId = readNumber(database, 'PRAGMA application_id');
  const version = readNumber(database, 'PRAGMA user_version');
  const isEmpty = readNumber(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (applicationId === 0 && version === 0 && isEmpty) return;
  if (applicationId !== APPLICATION_ID) {
    throw new StoreError(
      'corrupt',
      `${path} is a database of another application. It was left as it is: choose another path.`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new StoreError(
      'newer-version',
      `${path} was written by a newer version of Perdure (format ${version}, this version knows ${SCHEMA_VERSION}). ` +
        'It was left as it is: upgrade Perdure, or choose another path.',
    );
  }
  // A full check reads everything: of large files only the beginning of each table is looked at.
  if (bytes <= CHECKED_BYTES) {
    const problem = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (problem !== 'ok') throw corrupt(path, String(problem).replaceAll('\n', ' '));
  }
  for (const table of ['runs', 'current_runs', 'history']) database.prepare(`SELECT * FROM ${table} LIMIT 1`).get();
}

function configure(database: Sqlite.DatabaseSync, options: SqliteFileOptions): void {
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA busy_timeout = 200;
    PRAGMA temp_store = MEMORY;
    PRAGMA cache_size = -16384;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cell_size_check = ON;
    PRAGMA trusted_schema = OFF;
  `);
  if (options.maxBytes !== undefined) {
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(options.maxBytes / PAGE_BYTES))}`);
  }
}

/**
 * Whoever had the file before may have died between writing and waiting for the disk: what is shown of that from now on, is safe. From then on commits
 * are waited for by whoever makes them, not by SQLite, and the log is copied by whoever has the file, not at the end of some commit.
 */
function secure(database: Sqlite.DatabaseSync, path: string): void {
  try {
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Without room the log stays as it is.
  }
  syncFile(`${path}-wal`);
  database.exec('PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 0; PRAGMA wal_autocheckpoint = 0');
}

/** Waits until a file or directory is on disk, where the system can say so. */
function syncFile(path: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'r+');
  } catch {
    // Directories are only opened for reading, and not at all by Windows.
    if (process.platform !== 'win32') file = openSync(path, 'r');
  }
  if (file === undefined) return;
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function createSchema(database: Sqlite.DatabaseSync): void {
  // The header's fields are part of the transaction: a file has all of it, or is still empty.
  database.exec(`BEGIN IMMEDIATE; ${SCHEMA}
    PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
}

/** Brings a file of format 1 to this one, whole or not at all. */
function upgrade(database: Sqlite.DatabaseSync): void {
  database.exec(`BEGIN IMMEDIATE; ${SECOND}`);
  try {
    const insert = database.prepare('INSERT INTO attributes (namespace, name, value, run) VALUES (?, ?, ?, ?)');
    const sql = `SELECT id, namespace, record FROM runs WHERE instr(record, '"indexedFields"') > 0`;
    for (const { id, namespace, record } of database.prepare(sql).iterate()) {
      const values = indexedValues(decodeRecord(String(record)).searchAttributes);
      for (const [name, all] of values)
        for (const value of all) insert.run(namespace as string, name, value, Number(id));
    }
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function readNumber(database: Sqlite.DatabaseSync, sql: string): number {
  return Number(Object.values(database.prepare(sql).get() ?? {})[0]);
}

function realPathOf(absolute: string): string {
  try {
    return realpathSync(absolute);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return join(realpathSync(dirname(absolute)), basename(absolute));
  }
}
