import { toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey } from '../../core/record.ts';
import type { RunWrite, StoredRun } from '../../core/store.ts';
import { lastEventTime } from './commit-arguments.ts';

/** Events of one run that are kept. */
const MAX_EVENTS = 500;

interface Known {
  stored: StoredRun;
  lastEventId: number;
  /** The last events, ending with `lastEventId`; maybe none. */
  tail: HistoryEvent[];
}

/** The runs that are resident in this process, as it saw them last. Others may change them: this only saves reading what one has written oneself. */
export class KnownRuns {
  readonly #runs = new Map<string, Known>();

  /** The run is resident from now on. Older than what is known already counts for nothing. */
  set(key: RunKey, stored: StoredRun, lastEventId: number): void {
    const known = this.#runs.get(nameOf(key));
    if (known === undefined || known.stored.revision < stored.revision) this.#replace(key, stored, lastEventId);
  }

  /**
   * A resident run was read anew. What was read counts, even when more is known: a Redis that comes back without what it had acknowledged last has
   * forgotten it. That it was only read before it was changed does no harm, as all of this is to save reading.
   */
  read(key: RunKey, stored: StoredRun | undefined, lastEventId: number): void {
    const known = this.#runs.get(nameOf(key));
    if (known === undefined || known.stored.revision === stored?.revision) return;
    if (stored === undefined) this.delete(key);
    else this.#replace(key, stored, lastEventId);
  }

  get(key: RunKey): StoredRun | undefined {
    return this.#runs.get(nameOf(key))?.stored;
  }

  #replace(key: RunKey, stored: StoredRun, lastEventId: number): void {
    const known = this.#runs.get(nameOf(key));
    const tail = known?.lastEventId === lastEventId && known.stored.revision < stored.revision ? known.tail : [];
    this.#runs.set(nameOf(key), { stored, lastEventId, tail });
  }

  /** The run is not resident any more. */
  delete(key: RunKey): void {
    this.#runs.delete(nameOf(key));
  }

  /** This process has committed. */
  wrote({ record, events, expectedRevision }: RunWrite): void {
    const known = this.#runs.get(nameOf(record));
    if (known === undefined) return;
    if (known.stored.revision !== expectedRevision) {
      // It was read anew before its change was known here: its end is not.
      if (known.stored.revision < expectedRevision) this.delete(record);
      return;
    }
    const time = lastEventTime(events) ?? known.stored.lastEventTime;
    known.stored = { record, revision: expectedRevision + 1, ...(time === undefined ? {} : { lastEventTime: time }) };
    for (const event of events) known.tail.push(event);
    if (known.tail.length > MAX_EVENTS) known.tail = known.tail.slice(-MAX_EVENTS / 2);
    const last = events.at(-1);
    if (last !== undefined) known.lastEventId = toNumber(last.eventId);
  }

  /** Events with `from <= id < to`, if all of them are known. */
  events(key: RunKey, from: number, to: number): readonly HistoryEvent[] | undefined {
    const known = this.#runs.get(nameOf(key));
    if (known === undefined || to > known.lastEventId + 1) return undefined;
    const tailStart = known.lastEventId + 1 - known.tail.length;
    return from < tailStart ? undefined : known.tail.slice(from - tailStart, to - tailStart);
  }
}

function nameOf({ namespace, workflowId, runId }: RunKey): string {
  return `${namespace}\0${runId}\0${workflowId}`;
}
