import type { RunKey, RunRecord } from '../../core/record.ts';

/** Whether a run has come as far as somebody waits for. */
export type IsReady = (record: RunRecord) => boolean;

/** Lets callers wait for a run to change. */
export class Histories {
  readonly #waiting = new Map<string, Set<(record: RunRecord) => void>>();

  /** Tells those who wait for this run. */
  changed(record: RunRecord): void {
    const waiting = this.#waiting.get(`${record.namespace}\0${record.runId}`);
    if (waiting !== undefined) for (const tell of waiting) tell(record);
  }

  /** Resolves at the next change after which the run is ready, or when the signal ends the wait. */
  untilReady({ namespace, runId }: RunKey, isReady: IsReady, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const name = `${namespace}\0${runId}`;
    let waiting = this.#waiting.get(name);
    if (waiting === undefined) this.#waiting.set(name, (waiting = new Set()));
    const set = waiting;
    return new Promise((resolve) => {
      const end = (): void => {
        set.delete(tell);
        if (set.size === 0 && this.#waiting.get(name) === set) this.#waiting.delete(name);
        signal.removeEventListener('abort', end);
        resolve();
      };
      const tell = (record: RunRecord): void => {
        if (isReady(record)) end();
      };
      set.add(tell);
      signal.addEventListener('abort', end, { once: true });
    });
  }
}
