import { toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey } from '../../core/record.ts';
import type { RunWrite, StoredRun } from '../../core/store.ts';
import { runName } from '../../core/run-name.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { lastEventTime } from './commit-arguments.ts';

/** Events of one run that are kept. */
const MAX_EVENTS = 100;
/** Their bytes, about. */
const MAX_BYTES = 262_144;
/** How long changes of a run do not wait to be written after others were faster, in milliseconds. */
const CONTESTED_MS = 1000;

interface Known {
  /** Not known while it has to be read anew. */
  stored: StoredRun | undefined;
  lastEventId: number;
  /** The last events, ending with `lastEventId`; maybe none. */
  tail: HistoryEvent[];
  /** Until when others are taken to change the run, too. */
  contestedUntil: number;
}

/** The runs that are resident in this process, as it saw them last. Others may change them: this only saves reading what one has written oneself. */
export class KnownRuns {
  readonly #runs = new Map<string, Known>();

  /**
   * The run is resident from now on. Older than what is known already counts for nothing.
   * @param tail the last events, as far as they were read, too.
   */
  set(key: RunKey, stored: StoredRun, lastEventId: number, tail: readonly HistoryEvent[] = []): void {
    const known = this.#runs.get(runName(key))?.stored;
    if (known === undefined || known.revision < stored.revision) this.#replace(key, stored, lastEventId, tail);
  }

  /**
   * A resident run was read anew. What was read counts, even when more is known: a Redis that comes back without what it had acknowledged last has
   * forgotten it. That it was only read before it was changed does no harm, as all of this is to save reading.
   */
  read(key: RunKey, stored: StoredRun | undefined, lastEventId: number): void {
    const known = this.#runs.get(runName(key));
    if (known === undefined) return;
    if (stored === undefined) this.delete(key);
    else if (known.stored?.revision !== stored.revision) this.#replace(key, stored, lastEventId, []);
  }

  /** Whether the run is resident. */
  has(key: RunKey): boolean {
    return this.#runs.has(runName(key));
  }

  get(key: RunKey): StoredRun | undefined {
    return this.#runs.get(runName(key))?.stored;
  }

  #replace(key: RunKey, stored: StoredRun, lastEventId: number, read: readonly HistoryEvent[]): void {
    const known = this.#runs.get(runName(key));
    const before = known?.stored?.revision ?? Infinity;
    const tail = known?.lastEventId === lastEventId && before < stored.revision ? known.tail : bounded([...read]);
    this.#runs.set(runName(key), { stored, lastEventId, tail, contestedUntil: known?.contestedUntil ?? 0 });
  }

  /** The run is not resident any more. */
  delete(key: RunKey): void {
    this.#runs.delete(runName(key));
  }

  /** What is known of the run is not true: it has to be read anew. */
  invalidate(key: RunKey): void {
    const known = this.#runs.get(runName(key));
    if (known === undefined) return;
    known.stored = undefined;
    known.tail = [];
    known.contestedUntil = systemClock.now() + CONTESTED_MS;
  }

  /** Whether a change may wait for the next one: most probably nobody else changes the run meanwhile. Children are often elsewhere, and tell their parent. */
  mayWait({ record, expectedRevision }: RunWrite): boolean {
    const known = this.#runs.get(runName(record));
    const isAlone = record.children.size === 0 && (known?.contestedUntil ?? Infinity) <= systemClock.now();
    return isAlone && known?.stored?.revision === expectedRevision;
  }

  /** This process has committed, or will. */
  wrote({ record, events, expectedRevision }: RunWrite): void {
    const known = this.#runs.get(runName(record));
    if (known?.stored === undefined) return;
    if (known.stored.revision !== expectedRevision) {
      // It was read anew before its change was known here: its end is not.
      if (known.stored.revision < expectedRevision) {
        known.stored = undefined;
        known.tail = [];
      }
      return;
    }
    const time = lastEventTime(events) ?? known.stored.lastEventTime;
    known.stored = { record, revision: expectedRevision + 1, ...(time === undefined ? {} : { lastEventTime: time }) };
    for (const event of events) known.tail.push(event);
    known.tail = bounded(known.tail);
    const last = events.at(-1);
    if (last !== undefined) known.lastEventId = toNumber(last.eventId);
  }

  /** Of the events with `from <= id < to` those at the end that are known: all, some or none of them; `undefined` when the last is not. */
  events(key: RunKey, from: number, to: number): readonly HistoryEvent[] | undefined {
    const known = this.#runs.get(runName(key));
    if (known === undefined || to > known.lastEventId + 1) return undefined;
    const tailStart = known.lastEventId + 1 - known.tail.length;
    return to <= tailStart ? undefined : known.tail.slice(Math.max(from - tailStart, 0), to - tailStart);
  }
}

/** The last events, as far as they are not too many or too large. */
function bounded(events: HistoryEvent[]): HistoryEvent[] {
  const tail = events.length > MAX_EVENTS ? events.slice(-MAX_EVENTS / 2) : events;
  let bytes = 0;
  const first = tail.findLastIndex((event) => (bytes += sizeOfEvent(event)) > MAX_BYTES);
  return first === -1 ? tail : tail.slice(first + 1);
}

/** Bytes of what something consists of, about. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  if (value instanceof Uint8Array) return value.length;
  let size = 0;
  for (const part of Object.values(value)) size += sizeOf(part);
  return size;
}

/** Each event is looked through once. */
function sizeOfEvent(event: HistoryEvent): number {
  const size = sizes.get(event) ?? sizeOf(event);
  sizes.set(event, size);
  return size;
}

const sizes = new WeakMap<object, number>();
