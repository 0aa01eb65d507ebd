import type { RunKey } from '../../core/record.ts';
import type { RunWrite } from '../../core/store.ts';
import { runName } from '../../core/run-name.ts';
import { systemClock } from '../../runtime/system-clock.ts';

/** How long a change waits for the next one of its run, in milliseconds. */
const WAIT_MS = 50;

/** Several changes of a run, as one. */
export interface RunWrites extends RunWrite {
  /** How many. Default: 1. */
  readonly commits?: number;
}

/** What comes of a change that waits. */
export type Written = 'committed' | 'conflict';

/** Changes of a run that are not written yet. */
export interface Late {
  readonly writes: RunWrites;
  readonly done: PromiseWithResolvers<Written>;
}

interface Waiting {
  writes: RunWrites;
  readonly done: PromiseWithResolvers<Written>;
  readonly cancel: () => void;
}

/** Changes that wait to be written together with the next one of their run. */
export class LateWrites {
  readonly #write: (run: RunKey) => Promise<void>;
  readonly #waiting = new Map<string, Waiting>();

  /** @param write called for a run whose changes have waited long enough; takes them. Never rejects. */
  constructor(write: (run: RunKey) => Promise<void>) {
    this.#write = write;
  }

  /** A change waits. @returns what comes of it. */
  add(write: RunWrite): Promise<Written> {
    const { record } = write;
    const name = runName(record);
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) {
      waiting.writes = joined(waiting.writes, write);
      return waiting.done.promise;
    }
    const done = Promise.withResolvers<Written>();
    // Whoever waits hears of it; there need not be anybody.
    done.promise.catch(() => undefined);
    const { namespace, workflowId, runId } = record;
    const run = { namespace, workflowId, runId };
    const cancel = systemClock.schedule(systemClock.now() + WAIT_MS, () => void this.#write(run));
    this.#waiting.set(name, { writes: write, done, cancel });
    return done.promise;
  }

  /** Whether a change comes right after what waits of its run, if anything does. */
  isContinuedBy({ record, expectedRevision }: RunWrite): boolean {
    const waiting = this.#waiting.get(runName(record))?.writes;
    return waiting === undefined || waiting.expectedRevision + (waiting.commits ?? 1) === expectedRevision;
  }

  /** What waits of a run. */
  get(run: RunKey): RunWrites | undefined {
    return this.#waiting.get(runName(run))?.writes;
  }

  /** What waits of a run; it waits no more, and whoever takes it says what came of it. */
  take(run: RunKey): Late | undefined {
    const name = runName(run);
    const waiting = this.#waiting.get(name);
    this.#waiting.delete(name);
    waiting?.cancel();
    return waiting;
  }

  /** Runs of which something waits. */
  runs(): readonly RunKey[] {
    return Array.from(this.#waiting.values(), ({ writes }) => writes.record);
  }
}

/** A change with those before it, which are not written yet. */
export function joined(before: RunWrites, { expectedRevision, record, events }: RunWrite): RunWrites {
  const commits = expectedRevision - before.expectedRevision + 1;
  return { expectedRevision: before.expectedRevision, record, events: [...before.events, ...events], commits };
}
