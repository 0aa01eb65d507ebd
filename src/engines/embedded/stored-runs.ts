import { continueHistory } from '../../core/history-ids.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { encodeRecord } from '../../core/record-codec.ts';
import type { RunKey } from '../../core/record.ts';
import { runName } from '../../core/run-name.ts';
import type { CurrentWrite } from '../../core/store.ts';
import type { RunWrites, Written } from '../local/late-writes.ts';
import { RunCache } from './run-cache.ts';
import type { CachedRun } from './run-cache.ts';
import { encodeEvents } from './sqlite-statements.ts';
import type { EncodedRun, Statements } from './sqlite-statements.ts';

/** More of one history than this is not kept in memory. */
const MAX_TAIL_BYTES = 256 * 1024;

/** What transactions have changed that are not safe on disk yet, by name of the run. */
export type Changes = Map<string, RunChange>;

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

/** Bytes of the changes as they are written. */
export function sizeOf(changes: Changes): number {
  let size = 0;
  for (const { state, eventBytes } of changes.values()) size += (state?.recordBytes ?? 0) + eventBytes;
  return size;
}

/** A run's part of a commit, ready to be written. */
export interface EncodedWrite extends EncodedRun {
  readonly write: RunWrites;
}

/** A run's part of a commit as it is written. */
export function encodeWrite(write: RunWrites): EncodedWrite {
  const { record, events } = write;
  return { write, record, text: encodeRecord(record), events: events.length > 0 ? encodeEvents(events) : undefined };
}

/** The runs of a file. Those used last are kept decoded, as they are safe on disk. */
export class StoredRuns {
  readonly #statements: Statements;
  readonly #cache: RunCache;

  /** @param cacheBytes how much is kept decoded, in bytes as stored. */
  constructor(statements: Statements, cacheBytes: number) {
    this.#statements = statements;
    this.#cache = new RunCache(cacheBytes);
  }

  /** The run, if it is kept decoded. */
  cached(key: RunKey): CachedRun | undefined {
    return this.#cache.get(key);
  }

  /** The run as it is in the file. */
  find(key: RunKey): CachedRun | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const run = this.#statements.findRun(key);
    if (run !== undefined) this.#cache.set(key, run);
    return run;
  }

  /** Writes a commit, inside of a transaction. */
  apply(writes: readonly EncodedWrite[], current: readonly CurrentWrite[], changes: Changes): Written {
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

  /** Deletes a run, inside of a transaction. */
  delete(key: RunKey, changes: Changes): void {
    const run = this.#stateIn(changes, key);
    if (run === undefined) return;
    this.#statements.deleteRun(run.row, run.stored.record);
    changes.set(runName(key), { key, isNew: false, state: undefined, events: [], eventBytes: 0 });
  }

  /** The changes are safe on disk. */
  publish(changes: Changes): void {
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

  #writeRun(encoded: EncodedWrite, before: RunChange['state'], changes: Changes): void {
    const { write, record, text, events } = encoded;
    const firstId = (before?.lastEventId ?? 0) + 1;
    const lastEventId = continueHistory(record, firstId - 1, write.events);
    const revision = write.expectedRevision + (write.commits ?? 1);
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

  /** The run as it is within a transaction. */
  #stateIn(changes: Changes, key: RunKey): RunChange['state'] {
    const change = changes.get(runName(key));
    return change === undefined ? this.find(key) : change.state;
  }
}
