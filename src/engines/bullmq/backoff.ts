import { StoreError } from '../../core/store.ts';
import type { StoreErrorCode } from '../../core/store.ts';
import { systemClock } from '../../runtime/system-clock.ts';

/** How long what failed once is left alone, in milliseconds; twice as long after each further failure. */
const FIRST_MS = 1_000;
/** The longest that anything is left alone, in milliseconds. */
const LONGEST_MS = 300_000;

/** What a run may be the reason for. */
const OF_ONE_RUN: ReadonlySet<StoreErrorCode> = new Set<StoreErrorCode>(['corrupt', 'newer-version']);

/** Whether an error is trouble of the store, and not of one run that can be left alone. */
export function concernsAll(error: unknown): boolean {
  return error instanceof StoreError && !OF_ONE_RUN.has(error.code);
}

/** Leaves alone what failed, each for itself, so that it stands in nobody's way. */
export class Backoff {
  readonly #failed = new Map<string, { readonly pause: number; readonly until: number }>();

  /** Whether it failed not long ago. */
  isResting(name: string): boolean {
    return (this.#failed.get(name)?.until ?? 0) > systemClock.now();
  }

  /** It failed. */
  failed(name: string): void {
    const pause = Math.min((this.#failed.get(name)?.pause ?? FIRST_MS / 2) * 2, LONGEST_MS);
    this.#failed.set(name, { pause, until: systemClock.now() + pause });
  }

  /** It went well. */
  succeeded(name: string): void {
    this.#failed.delete(name);
  }

  /** Forgets what was not tried again for long: it is no more. */
  prune(): void {
    const longAgo = systemClock.now() - LONGEST_MS;
    for (const [name, { until }] of this.#failed) if (until < longAgo) this.#failed.delete(name);
  }
}
