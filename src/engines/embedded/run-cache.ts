import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey } from '../../core/record.ts';
import type { StoredRun } from '../../core/store.ts';
import { runName } from '../../core/run-name.ts';

/** A run as it stands in the file, and the end of its history. */
export interface CachedRun {
  /** Row of the run. */
  readonly row: number;
  readonly stored: StoredRun;
  readonly lastEventId: number;
  /** The last events, ending with `lastEventId`; maybe none. Grows in place when a commit is done. */
  readonly tail: HistoryEvent[];
  /** Encoded size of the record. */
  readonly recordBytes: number;
  /** Encoded size of the tail. */
  readonly tailBytes: number;
}

/** The runs used last, up to a sum of sizes. Only what is committed may be put in. */
export class RunCache {
  readonly #runs = new Map<string, CachedRun>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: RunKey): CachedRun | undefined {
    const name = runName(key);
    const run = this.#runs.get(name);
    if (run === undefined) return undefined;
    // A map keeps the order of insertion: the first is the one not used for longest.
    this.#runs.delete(name);
    this.#runs.set(name, run);
    return run;
  }

  set(key: RunKey, run: CachedRun): void {
    this.delete(key);
    this.#runs.set(runName(key), run);
    this.#bytes += sizeOf(run);
    for (const [name, oldest] of this.#runs) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#runs.delete(name);
      this.#bytes -= sizeOf(oldest);
    }
  }

  delete(key: RunKey): void {
    const name = runName(key);
    const run = this.#runs.get(name);
    if (run === undefined) return;
    this.#bytes -= sizeOf(run);
    this.#runs.delete(name);
  }
}

function sizeOf({ recordBytes, tailBytes }: CachedRun): number {
  return recordBytes + tailBytes;
}
