import { encodeCursor } from '../../core/listing.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import { toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey } from '../../core/record.ts';
import { runName } from '../../core/run-name.ts';
import { StoreError } from '../../core/store.ts';
import type { Commit, ListFilter, ListPage, ListQuery, Store, StoredNamespace, StoredRun } from '../../core/store.ts';
import { joined, LateWrites } from '../local/late-writes.ts';
import type { Late, Written } from '../local/late-writes.ts';
import { Checkpoints } from './checkpoints.ts';
import { DiskLog } from './disk-log.ts';
import { FileGuard } from './file-guard.ts';
import { GroupCommit } from './group-commit.ts';
import { acquireOwnership } from './owner.ts';
import type { Ownership } from './owner.ts';
import { toStoreError } from './sqlite-errors.ts';
import { openDatabase } from './sqlite-file.ts';
import { Statements } from './sqlite-statements.ts';
import { encodeWrite, sizeOf, StoredRuns } from './stored-runs.ts';
import type { Changes } from './stored-runs.ts';

/** Where the state is kept when nobody says where. */
export const DEFAULT_DATABASE_PATH = './.perdure/perdure.db';

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
const UNFINISHED_PAGE = 100;

/** When a commit counts as safe: `full` survives a loss of power, `normal` only the death of the process. */
export type Synchronous = 'full' | 'normal';

/** How to open a `SqliteStore`. */
export interface SqliteStoreOptions {
  /**
   * `full` (default): a commit survives a loss of power. `normal`: it survives the death of the process, but the last ones may be lost with
   * the power; the file stays intact. Faster where the disk is slow to sync.
   */
  readonly synchronous?: Synchronous;
  /** How much of the runs used last is kept in memory, in bytes as stored. Default: 64 MiB. */
  readonly cacheBytes?: number;
  /** Upper bound of the file's size in bytes; then commits fail with `full`. Default: none. */
  readonly maxBytes?: number;
  /** The right to the file, when the caller has it already; the caller then gives it up. By default the store takes it and gives it up on close. */
  readonly ownership?: Ownership;
  /**
   * Told when the disk did not keep what was written to it, or files were taken away. From then on every call fails: the store has to be closed, and the file
   * opened anew, to know what is there; but not when the error is a `StoreError` `gone`. Default: nobody.
   */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * Keeps everything in one SQLite file that belongs to this process as long as the store is open. Commits made while the disk is waited for
 * share the next transaction, changes that may wait are written with the next one of their run, and runs used last are kept decoded. What is read is safe on disk.
 */
export class SqliteStore implements Store {
  /** The file, absolute and without symbolic links. */
  readonly path: string;
  readonly #statements: Statements;
  readonly #group: GroupCommit<Changes>;
  readonly #runs: StoredRuns;
  readonly #late: LateWrites = new LateWrites(async (run) => void (await this.#settle(run)));
  /** Changes that waited and are being written, by run. */
  readonly #settling = new Map<string, Promise<unknown>>();
  readonly #guard: FileGuard;
  readonly #onFailure: (error: unknown) => void;
  #failure: { readonly error: unknown } | undefined;
  #shutdown: (() => Promise<void>) | undefined;

  /**
   * Opens a file, or makes a new one with mode 0600 (and its directory with 0700).
   * @throws StoreError `locked` when another process has it; `corrupt`, `newer-version`, `read-only` or `full` as its message says.
   * Nothing is overwritten in these cases.
   */
  static async open(path: string = DEFAULT_DATABASE_PATH, options: SqliteStoreOptions = {}): Promise<SqliteStore> {
    const ownership = options.ownership ?? acquireOwnership(path);
    try {
      return new SqliteStore(ownership, options);
    } catch (error) {
      if (options.ownership === undefined) ownership.release();
      throw error;
    }
  }

  private constructor(ownership: Ownership, options: SqliteStoreOptions) {
    const { cacheBytes = DEFAULT_CACHE_BYTES, synchronous = 'full', maxBytes, onFailure } = options;
    this.path = ownership.path;
    const database = openDatabase(this.path, { maxBytes });
    const log = synchronous === 'full' ? new DiskLog(this.path) : undefined;
    this.#guard = new FileGuard(ownership);
    this.#onFailure = onFailure ?? (() => undefined);
    this.#statements = new Statements(database);
    this.#runs = new StoredRuns(this.#statements, cacheBytes);
    this.#group = new GroupCommit(database, {
      begin: (before) => new Map(before),
      sync: async () => {
        await log?.sync();
        this.#guard.check();
      },
      committed: (changes) => {
        this.#runs.publish(changes);
        checkpoints.wrote(changes.size, sizeOf(changes));
      },
      failed: (error) => this.#fail(error),
    });
    const checkpoints = new Checkpoints({
      path: this.path,
      pauseFor: (work) => this.#group.pauseFor(work),
      unavailable: () => database.exec('PRAGMA wal_autocheckpoint = 1000'),
    });
    const unwatch = this.#guard.watch((error) => this.#fail(error));
    this.#shutdown = async () => {
      unwatch();
      await checkpoints.close();
      log?.close();
      database.close();
      if (options.ownership === undefined) ownership.release();
    };
  }

  async load(key: RunKey): Promise<StoredRun | undefined> {
    const settling = this.#settle(key);
    if (settling !== undefined) await settling;
    const cached = this.#read(() => this.#runs.cached(key));
    if (cached !== undefined) return cached.stored;
    return this.#readSettled(() => this.#runs.find(key)?.stored);
  }

  recall(key: RunKey): StoredRun | undefined {
    this.#assertOpen();
    const late = this.#late.get(key);
    return late && { record: late.record, revision: late.expectedRevision + (late.commits ?? 1) };
  }

  async currentRunId(namespace: string, workflowId: string): Promise<string | undefined> {
    // Whatever is made of it is read from the run itself, which waits for the disk where that is needed.
    return this.#read(() => this.#statements.findCurrent(namespace, workflowId));
  }

  async commit({ runs, current }: Commit): Promise<Written> {
    this.#assertOpen();
    for (const write of runs) if (!this.#late.isContinuedBy(write)) await this.#settle(write.record);
    const late = runs.map(({ record }) => this.#late.take(record));
    const joinedRuns = runs.map((write, index) => {
      const before = late[index]?.writes;
      return before === undefined ? write : joined(before, write);
    });
    return this.#writeRuns({ runs: joinedRuns, current }, late);
  }

  commitLater({ runs: [write], current }: Commit): Promise<Written> | undefined {
    this.#assertOpen();
    if (write === undefined || current.length > 0 || write.expectedRevision === 0) return undefined;
    return this.#late.isContinuedBy(write) ? this.#late.add(write) : undefined;
  }

  async readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]> {
    // Without an end all is asked for; with one, by somebody who knows the run, with what waits.
    const late = to === undefined ? undefined : this.#late.get(key)?.events;
    if (late === undefined) await this.#settle(key);
    const end = to ?? Infinity;
    const firstLate = toNumber(late?.[0]?.eventId) || Infinity;
    const stored = await this.#readStored(key, from, Math.min(end, firstLate));
    if (firstLate >= end) return stored;
    return [...stored, ...(late ?? []).slice(Math.max(from - firstLate, 0), end - firstLate)];
  }

  async *unfinished(): AsyncIterable<StoredRun> {
    let last = 0;
    for (;;) {
      const page = await this.#readSettled(() => this.#statements.findUnfinished(last, UNFINISHED_PAGE));
      for (const { row, stored } of page) {
        last = row;
        yield stored;
      }
      if (page.length < UNFINISHED_PAGE) return;
    }
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#readSettled(() => {
      const records = this.#statements.findList(query, query.limit + 1);
      if (records.length <= query.limit) return { records, next: undefined };
      records.length = query.limit;
      const last = records.at(-1);
      return { records, next: last === undefined ? undefined : encodeCursor(last) };
    });
  }

  async count(filter: ListFilter): Promise<number> {
    return this.#readSettled(() => this.#statements.count(filter));
  }

  async delete(key: RunKey): Promise<void> {
    const settling = this.#settle(key);
    if (settling !== undefined) await settling;
    return this.#write((changes) => this.#runs.delete(key, changes));
  }

  async readNamespaces(): Promise<readonly StoredNamespace[]> {
    return this.#read(() => this.#statements.findNamespaces());
  }

  async writeNamespace(
    name: string,
    record: NamespaceRecord | undefined,
    expectedRevision: number,
  ): Promise<'committed' | 'conflict'> {
    return this.#write(() =>
      this.#statements.writeNamespace(name, record, expectedRevision) ? 'committed' : 'conflict',
    );
  }

  async close(): Promise<void> {
    const shutdown = this.#shutdown;
    if (shutdown === undefined) return;
    await Promise.allSettled(this.#late.runs().map(async (run) => this.#settle(run)));
    await this.#group.flush();
    if (this.#shutdown === undefined) return;
    this.#shutdown = undefined;
    await shutdown();
  }

  /** Writes what waits of a run, if anything does. @returns resolves when that is over; who is concerned hears what came of it. */
  #settle(run: RunKey): Promise<unknown> | undefined {
    const name = runName(run);
    const late = this.#late.take(run);
    if (late !== undefined) {
      const settling = this.#writeRuns({ runs: [late.writes], current: [] }, [late])
        .catch(() => undefined)
        .finally(() => {
          if (this.#settling.get(name) === settling) this.#settling.delete(name);
        });
      this.#settling.set(name, settling);
    }
    return this.#settling.get(name);
  }

  /** Writes a commit with the changes that waited for it, and says what came of them. */
  async #writeRuns({ runs, current }: Commit, late: readonly (Late | undefined)[]): Promise<Written> {
    try {
      const writes = runs.map(encodeWrite);
      const written = await this.#write((changes) => this.#runs.apply(writes, current, changes));
      for (const each of late) each?.done.resolve(written);
      return written;
    } catch (error) {
      for (const each of late) each?.done.reject(error);
      throw error;
    }
  }

  /** The events of a run in the file with `from <= id < to`. */
  async #readStored(key: RunKey, from: number, to: number): Promise<readonly HistoryEvent[]> {
    const cached = this.#read(() => this.#runs.cached(key));
    if (cached !== undefined) {
      const { lastEventId, tail } = cached;
      const end = Math.min(to, lastEventId + 1);
      const tailStart = lastEventId + 1 - tail.length;
      if (from >= end) return [];
      if (from >= tailStart) return tail.slice(from - tailStart, end - tailStart);
    }
    return this.#readSettled(() => {
      const run = this.#runs.find(key);
      const end = run === undefined ? 0 : Math.min(to, run.lastEventId + 1);
      return run === undefined || from >= end ? [] : this.#statements.findEvents(run.row, from, end);
    });
  }

  /** Reads the file when nothing in it can still get lost. */
  async #readSettled<Result>(read: () => Result): Promise<Result> {
    await this.#group.settled();
    return this.#read(read);
  }

  #read<Result>(read: () => Result): Result {
    this.#assertOpen();
    try {
      return read();
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }

  async #write<Result>(work: (changes: Changes) => Result): Promise<Result> {
    this.#assertOpen();
    try {
      return await this.#group.submit((changes) => {
        // Whoever stood still for long may have lost the file.
        this.#look();
        return work(changes);
      });
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }

  /** @throws StoreError when the file is not where it was: from then on, always. */
  #look(): void {
    try {
      this.#guard.check();
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#onFailure(error);
  }

  #assertOpen(): void {
    if (this.#shutdown === undefined) throw new StoreError('closed', 'The store is closed.');
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
