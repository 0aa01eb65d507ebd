import type { HistoryEvent } from './proto.ts';
import type { NamespaceRecord } from './namespace-record.ts';
import type { RunKey, RunRecord } from './record.ts';

/**
 * The seam to storage. A store keeps, for each run, a record and a history, and for each workflow id the name of its current run. It knows no rule:
 * every change arrives as one `Commit` that is stored whole or not at all, and only if nobody changed the runs since they were read.
 *
 * Durability: when `commit` has resolved with `committed`, the change survives a crash of the process.
 * Records and events are handed over by reference and never changed afterwards, by either side.
 */
export interface Store {
  /** The run's record and its revision; `undefined` when there is no such run. */
  load(key: RunKey): Promise<StoredRun | undefined>;

  /**
   * The run as this process knows it, where that costs less than to load it. It may have changed since; a commit that was computed from an old one is a
   * conflict.
   */
  recall?(key: RunKey): StoredRun | undefined;

  /** The current (open, or last closed) run of a workflow id; `undefined` when there was never one. */
  currentRunId(namespace: string, workflowId: string): Promise<string | undefined>;

  /**
   * Writes all of a commit atomically.
   * @returns `conflict`, with nothing written, when a run or a current pointer is not as the commit expects it.
   * @throws StoreError when the storage itself fails; nothing was written.
   */
  commit(commit: Commit): Promise<'committed' | 'conflict'>;

  /**
   * Like `commit`, for a change of one run that nobody outside of this process hears of before it is stored: it is written together with the next commit
   * of that run, or alone a moment later. From now on `recall` knows it; whoever reads the run otherwise has it written first.
   * @returns what came of it in the end, the next commit's conflict included; `undefined` when it has to be committed at once.
   */
  commitLater?(commit: Commit): Promise<'committed' | 'conflict'> | undefined;

  /** Events with `from <= id < to`, ascending; without `to`, to the end. Fewer are given when fewer exist. */
  readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]>;

  /** All open runs and closed runs with effects not done yet, in no order: what a new owner of the store has to take up. */
  unfinished(): AsyncIterable<StoredRun>;

  /** Runs of a namespace that match, newest start first (ties by run id), from a cursor on. */
  list(query: ListQuery): Promise<ListPage>;

  /** Number of runs that match. */
  count(filter: ListFilter): Promise<number>;

  /** Removes a closed run with its history; a no-op when there is none. */
  delete(key: RunKey): Promise<void>;

  /** What was written about namespaces. A store without this forgets their search attributes and settings with the process. */
  readNamespaces?(): Promise<readonly StoredNamespace[]>;

  /**
   * Writes what is known of a namespace; without a record, forgets it.
   * @param expectedRevision that of what it replaces; 0 when nothing was written about it.
   * @returns `conflict`, with nothing written, when somebody else has written since.
   */
  writeNamespace?(
    name: string,
    record: NamespaceRecord | undefined,
    expectedRevision: number,
  ): Promise<'committed' | 'conflict'>;

  /** Lets go of the storage. Every other call after that throws a `StoreError` with the code `closed`. */
  close(): Promise<void>;
}

/** A record as stored. `revision` counts the commits of this run, from 1. */
export interface StoredRun {
  /** All that is known of it beside its history. */
  readonly record: RunRecord;
  /** Commits of this run so far. */
  readonly revision: number;
  /**
   * When its last event happened, in milliseconds since the epoch, from stores that many processes write: their clocks differ, and no event may be
   * older than the one before.
   */
  readonly lastEventTime?: number;
}

/** What a store has of a namespace. `revision` counts what was written about it, from 1. */
export interface StoredNamespace {
  /** What was written last. */
  readonly record: NamespaceRecord;
  /** How often it was written. */
  readonly revision: number;
}

/** What is written together. */
export interface Commit {
  /** Runs that are made or changed. */
  readonly runs: readonly RunWrite[];
  /** Workflow ids that get another current run. */
  readonly current: readonly CurrentWrite[];
}

/** One run's part of a commit. */
export interface RunWrite {
  /** The revision it was computed from; 0 creates the run. */
  readonly expectedRevision: number;
  /** As it is from now on. */
  readonly record: RunRecord;
  /** Appended to the history; the ids continue it without a gap. */
  readonly events: readonly HistoryEvent[];
}

/** Points a workflow id at a new current run. */
export interface CurrentWrite {
  /** Of the workflow id. */
  readonly namespace: string;
  /** Which is pointed to a run. */
  readonly workflowId: string;
  /** The run that must be current for the commit to succeed; `undefined` for none. */
  readonly expectedRunId: string | undefined;
  /** The run that becomes current. */
  readonly runId: string;
}

/** Which runs to list: all given conditions hold. Times are milliseconds since the epoch, bounds inclusive. */
export interface ListFilter {
  /** Exactly this one. */
  readonly namespace: string;
  /** Whether these are schedules, which are no runs of workflows (`RunRecord.schedule`). Default: no. */
  readonly schedules?: boolean;
  /** Exactly this one. */
  readonly workflowId?: string;
  /** What the workflow id begins with. */
  readonly workflowIdPrefix?: string;
  /** Exactly this one. */
  readonly runId?: string;
  /** Exactly this one. */
  readonly workflowType?: string;
  /** Exactly this one. */
  readonly taskQueue?: string;
  /** Any of these statuses (`WorkflowExecutionStatus`). */
  readonly statuses?: readonly number[];
  /** When they began. */
  readonly startTime?: TimeRange;
  /** When they were closed; open ones do not match. */
  readonly closeTime?: TimeRange;
  /** Their search attributes: all of these hold. `indexedValues` gives the values of a run. */
  readonly attributes?: readonly AttributeFilter[];
}

/** Runs whose attribute has one of some values, or one in a range. */
export interface AttributeFilter {
  /** Of the search attribute. */
  readonly name: string;
  /** Any of these. Numbers as `indexedValues` has them. */
  readonly values?: readonly (string | number)[];
  /** A number between these. */
  readonly range?: TimeRange;
}

/** Bounds, of times in milliseconds since the epoch, both inclusive, both optional. */
export interface TimeRange {
  /** Not before. */
  readonly from?: number;
  /** Not after. */
  readonly to?: number;
}

/** A filter and which part of the answer to give. */
export interface ListQuery extends ListFilter {
  /** How many runs at most. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

/** One page of a list. */
export interface ListPage {
  /** Of the runs, in the order of the list. */
  readonly records: readonly RunRecord[];
  /** Cursor of the next page; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Why a store could not do what it was asked. The message says what to do about it. */
export type StoreErrorCode =
  | 'full'
  | 'corrupt'
  | 'gone'
  | 'newer-version'
  | 'read-only'
  | 'locked'
  | 'closed'
  | 'unavailable';

/** The storage itself failed. Nothing of the refused commit was written. */
export class StoreError extends Error {
  /** Always `StoreError`: to tell it apart without its class. */
  override readonly name = 'StoreError';
  /** Why. */
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
