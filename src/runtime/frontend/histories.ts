import type { RunKey, RunRecord } from '../../core/record.ts';

/** Lets callers wait for a run to change. */
export class Histories {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Tells those who wait for this run. */
  changed({ namespace, runId }: RunRecord): void {
    const waiting = this.#waiting.get(`${namespace}\0${runId}`);
    if (waiting !== undefined) for (const wake of waiting) wake();
  }

  /** Resolves at the next change of the run, or when the signal ends the wait. */
  nextChange({ namespace, runId }: RunKey, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const name = `${namespace}\0${runId}`;
    let waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, (waiting = new Set()));
    const set = waiting;
    return new Promise((resolve) => {
      const wake = (): void => {
        set.delete(wake);
        if (set.size === 0 && this.#waiting.get(name) === set) this.#waiting.delete(name);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      set.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
