import type { Json, JsonSchema } from '../workflow/protocol/index.ts';

/** What is said about a value beside itself. */
export interface DataMetadata {
  /** What the value is, for whoever lists the data. At most 1,024 bytes. */
  readonly description?: string;
  /** JSON Schema that the value has to match; kept with it. At most 16,384 bytes, references within itself only. */
  readonly schema?: JsonSchema;
  /** After how many whole seconds the value is gone; then its key is free again. Default: it stays. */
  readonly ttl?: number;
}

/** What is to be written. */
export interface NewData {
  /** 1 to 512 bytes, any characters but control characters. `/` between parts makes queries by prefix useful: `orders/1042/total`. */
  readonly key: string;
  /** JSON, nested at most 200 levels deep. */
  readonly value: Json;
  /** What is said about it. */
  readonly metadata?: DataMetadata;
}

/** Who writes. */
export interface DataWriter {
  /** The agent's name; or of a person or a program that writes for itself. */
  readonly agent: string;
  /** The run that writes, when it is a sub-agent's. Default: the run itself. */
  readonly workflowId?: string;
  /** What the run was doing: the id of the tool call. */
  readonly step?: string;
  /** The same text for each attempt of one write: an attempt after one that came through changes nothing, and is no error. Default: each write is its own. */
  readonly idempotencyKey?: string;
}

/** What is known of a key without its value. */
export interface DataSummary {
  /** Unique in the run. */
  readonly key: string;
  /** Size of the value, as JSON in UTF-8. */
  readonly bytes: number;
  /** Who wrote it. */
  readonly agent: string;
  /** The run that wrote it: the run itself, or that of a sub-agent. */
  readonly workflowId: string;
  /** The tool call that wrote it. */
  readonly step?: string;
  /** What the value is, said by who wrote it. */
  readonly description?: string;
  /** When it was written, by the database's clock; ISO 8601. */
  readonly writtenAt: string;
  /** When it is gone; ISO 8601. Missing: it stays. */
  readonly expiresAt?: string;
}

/** A key with its value. */
export interface DataEntry extends DataSummary {
  /** As it was written. */
  readonly value: Json;
  /** What the value was checked against. */
  readonly schema?: JsonSchema;
}

/** One page of what was found, in the order of keys (by code points). */
export interface DataPage<Item> {
  /** What there is of it. */
  readonly entries: readonly Item[];
  /** Gets the next page. Missing: this was the last one. */
  readonly cursor?: string;
}

/** What is looked for, by key. */
export interface DataQuery {
  /** `*` stands for any characters, also none; `?` for one. All others stand for themselves. */
  readonly pattern: string;
  /** Most entries of a page: 1 to 1,000. Default 100. A page of large values is shorter, see `maxValueBytes`. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

/** What is listed. */
export interface DataListing {
  /** Only what this agent wrote. */
  readonly filterByAgent?: string;
  /** Only keys that begin so, to the letter. */
  readonly prefix?: string;
  /** Most entries of a page: 1 to 1,000. Default 100. */
  readonly limit?: number;
  /** From the page before. */
  readonly cursor?: string;
}

/**
 * The data of runs: values under keys, written once and never changed. `run` is always the id of the root run, the one that a user started: its sub-agents
 * share its data, and no other run sees it.
 *
 * All calls throw `DataInvalidError` for what is not possible, and `DataUnavailableError` when the database can't be reached or takes too long.
 */
export interface WorkflowData {
  /**
   * Writes a value under a key that has none.
   * @throws DataExistsError when the key has a value already.
   */
  write(run: string, data: NewData, by: DataWriter): Promise<DataEntry>;
  /** @throws DataNotFoundError when there is no such key, or its time is over. */
  read(run: string, key: string): Promise<DataEntry>;
  /** Entries whose keys match, with their values. */
  query(run: string, query: DataQuery): Promise<DataPage<DataEntry>>;
  /** What there is, without the values. */
  list(run: string, listing?: DataListing): Promise<DataPage<DataSummary>>;
  /**
   * Deletes what is expired, of all runs, and says how many entries that were. Nobody sees expired data anyway; this makes room. It happens by itself every
   * ten minutes while the data is open.
   */
  sweep(): Promise<number>;
  /** Lets go of the database. Calling it twice does nothing. */
  close(): Promise<void>;
}
