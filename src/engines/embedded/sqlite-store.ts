import { continueHistory } from '../../core/history-ids.ts';
import { encodeCursor } from '../../core/listing.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { encodeRecord } from '../../core/record-codec.ts';
import type { RunKey } from '../../core/record.ts';
import { StoreError } from '../../core/store.ts';
import type {
  Commit,
  CurrentWrite,
  ListFilter,
  ListPage,
  ListQuery,
  RunWrite,
  Store,
  StoredNamespace,
  StoredRun,
} from '../../core/store.ts';
import { runName } from '../../core/run-name.ts';
import { GroupCommit } from './group-commit.ts';
import { acquireOwnership } from './owner.ts';
import type { Ownership } from './owner.ts';
import { RunCache } from './run-cache.ts';
import type { CachedRun } from './run-cache.ts';
import { toStoreError } from './sqlite-errors.ts';
import { openDatabase } from './sqlite-file.ts';
import type { Synchronous } from './sqlite-file.ts';
import { encodeEvents, Statements } from './sqlite-statements.ts';
import type { EncodedRun } from './sqlite-statements.ts';

/** Where the state is kept when nobody says where. */
export const DEFAULT_DATABASE_PATH = './.perdure/perdure.db';

const DEFAULT_CACHE_BYTES = 64 * 1024 * 1024;
/** More of one history than this is not kept in memory. */
const MAX_TAIL_BYTES = 256 * 1024;
const UNFINISHED_PAGE = 100;

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
}

/** What a transaction has changed so far, by name of the run; `undefined` for deleted. */
type Changes = Map<string, RunChange>;

interface RunChange {
  readonly key: RunKey;
  /** The transaction made this run: what the cache knows under the same key is another one. */
  readonly isNew: boolean;
  /** State of the run with the change; `undefined` when it is deleted. */
  readonly state: Omit<CachedRun, 'tail' | 'tailBytes'> | undefined;
  /** Events that the transaction appends. */
  readonly events: readonly HistoryEvent[];
  readonly eventBytes: number;
}

interface EncodedWrite extends EncodedRun {
  readonly write: RunWrite;
}

/**
 * Keeps everything in one SQLite file that belongs to this process as long as the store is open. Commits made in one turn of the event loop
 * share a transaction; runs used last are kept decoded.
 */
export class SqliteStore implements Store {
  /** The file, absolute and without symbolic links. */
  readonly path: string;
  readonly #statements: Statements;
  readonly #group: GroupCommit<Changes>;
  readonly #cache: RunCache;
  #shutdown: (() => void) | undefined;

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
    this.path = ownership.path;
    const database = openDatabase(this.path, {
      synchronous: options.synchronous ?? 'full',
      maxBytes: options.maxBytes,
    });
    this.#statements = new Statements(database);
    this.#cache = new RunCache(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
    this.#group = new GroupCommit(database, {
      begin: () => new Map(),
      committed: (changes) => this.#publish(changes),
    });
    this.#shutdown = () => {
      database.close();
      if (options.ownership === undefined) ownership.release();
    };
  }

  async load(key: RunKey): Promise<StoredRun | undefined> {
    return this.#read(() => this.#find(key)?.stored);
  }

  async currentRunId(namespace: string, workflowId: string): Promise<string | undefined> {
    return this.#read(() => this.#statements.findCurrent(namespace, workflowId));
  }

  async commit({ runs, current }: Commit): Promise<'committed' | 'conflict'> {
    this.#assertOpen();
    const writes = runs.map((write): EncodedWrite => {
      const { record, events } = write;
      return {
        write,
        record,
        text: encodeRecord(record),
        events: events.length > 0 ? encodeEvents(events) : undefined,
      };
    });
    return this.#write((changes) => this.#apply(writes, current, changes));
  }

  async readHistory(key: RunKey, from: number, to: number = Infinity): Promise<readonly HistoryEvent[]> {
    return this.#read(() => {
      const run = this.#find(key);
      const end = run === undefined ? 0 : Math.min(to, run.lastEventId + 1);
      if (run === undefined || from >= end) return [];
      const tailStart = run.lastEventId + 1 - run.tail.length;
      if (from >= tailStart) return run.tail.slice(from - tailStart, end - tailStart);
      return this.#statements.findEvents(run.row, from, end);
    });
  }

  async *unfinished(): AsyncIterable<StoredRun> {
    let last = 0;
    for (;;) {
      const page = this.#read(() => this.#statements.findUnfinished(last, UNFINISHED_PAGE));
      for (const { row, stored } of page) {
        last = row;
        yield stored;
      }
      if (page.length < UNFINISHED_PAGE) return;
    }
  }

  async list(query: ListQuery): Promise<ListPage> {
    return this.#read(() => {
      const records = this.#statements.findList(query, query.limit + 1);
      if (records.length <= query.limit) return { records, next: undefined };
      records.length = query.limit;
      const last = records.at(-1);
      return { records, next: last === undefined ? undefined : encodeCursor(last) };
    });
  }

  async count(filter: ListFilter): Promise<number> {
    return this.#read(() => this.#statements.count(filter));
  }

  async delete(key: RunKey): Promise<void> {
    return this.#write((changes) => {
      const run = this.#stateIn(changes, key);
      if (run === undefined) return;
      this.#statements.deleteRun(run.row, run.stored.record);
      changes.set(runName(key), { key, isNew: false, state: undefined, events: [], eventBytes: 0 });
    });
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
    this.#group.flush();
    this.#shutdown = undefined;
    shutdown();
  }

  #apply(
    writes: readonly EncodedWrite[],
    current: readonly CurrentWrite[],
    changes: Changes,
  ): 'committed' | 'conflict' {
    const states = writes.map(({ record }) => this.#stateIn(changes, record));
    const isExpected =
      writes.every(({ write }, index) => (states[index]?.stored.revision ?? 0) === write.expectedRevision) &&
      current.every(
        ({ namespace, workflowId, expectedRunId }) =>
          this.#statements.findCurrent(namespace, workflowId) === expectedRunId,
      );
    if (!isExpected) return 'conflict';
    for (const [index, write] of writes.entries()) this.#writeRun(write, states[index], changes);
    for (const { namespace, workflowId, runId } of current) this.#statements.setCurrent(namespace, workflowId, runId);
    return 'committed';
  }

  #writeRun(encoded: EncodedWrite, before: RunChange['state'], changes: Changes): void {
    const { write, record, text, events } = encoded;
    const firstId = (before?.lastEventId ?? 0) + 1;
    const lastEventId = continueHistory(record, firstId - 1, write.events);
    const revision = write.expectedRevision + 1;
    let row: number;
    if (before === undefined) {
      row = this.#statements.insertRun(encoded, lastEventId);
    } else {
      row = before.row;
      this.#statements.updateRun(row, before.stored.record, encoded, revision, lastEventId);
    }
    if (events !== undefined) this.#statements.insertEvents(row, firstId, lastEventId, events);
    const name = runName(record);
    const earlier = changes.get(name);
    changes.set(name, {
      key: record,
      isNew: before === undefined || earlier?.isNew === true,
      state: { row, stored: { record, revision }, lastEventId, recordBytes: text.length },
      events: earlier === undefined ? write.events : [...earlier.events, ...write.events],
      eventBytes: (earlier?.eventBytes ?? 0) + (events?.length ?? 0),
    });
  }

  #publish(changes: Changes): void {
    for (const { key, isNew, state, events, eventBytes } of changes.values()) {
      const before = isNew ? undefined : this.#cache.get(key);
      this.#cache.delete(key);
      if (state === undefined) continue;
      const tailBytes = (before?.tailBytes ?? 0) + eventBytes;
      if (before === undefined || tailBytes > MAX_TAIL_BYTES) {
        const isShort = eventBytes <= MAX_TAIL_BYTES;
        this.#cache.set(key, { ...state, tail: isShort ? [...events] : [], tailBytes: isShort ? eventBytes : 0 });
        continue;
      }
      for (const event of events) before.tail.push(event);
      this.#cache.set(key, { ...state, tail: before.tail, tailBytes });
    }
  }

  /** The run as it is within a transaction. */
  #stateIn(changes: Changes, key: RunKey): RunChange['state'] {
    const change = changes.get(runName(key));
    return change === undefined ? this.#find(key) : change.state;
  }

  /** The run as it is on disk. */
  #find(key: RunKey): CachedRun | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const run = this.#statements.findRun(key);
    if (run !== undefined) this.#cache.set(key, run);
    return run;
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
      return await this.#group.submit(work);
    } catch (error) {
      throw toStoreError(error, this.path);
    }
  }

  #assertOpen(): void {
    if (this.#shutdown === undefined) throw new StoreError('closed', 'The store is closed.');
  }
}
