import type { RunKey, RunRecord } from '../../core/record.ts';

/** Whether a run has come as far as somebody waits for. */
export type IsReady = (record: RunRecord) => boolean;

interface Waiting {
  readonly tell: Set<(record: RunRecord) => void>;
  readonly unwatch: () => void;
}

/** Lets callers wait for a run to change. */
export class Histories {
  readonly #waiting = new Map<string, Waiting>();
  readonly #watch: (run: RunKey) => () => void;

  /** @param watch begins to listen for what other processes change in a run, and returns what ends it. Default: there are no others. */
  constructor(watch: (run: RunKey) => () => void = () => () => undefined) {
    this.#watch = watch;
  }

  /** Tells those who wait for this run. */
  changed(record: RunRecord): void {
    const waiting = this.#waiting.get(`${record.namespace}\0${record.runId}`);
    if (waiting !== undefined) for (const tell of waiting.tell) tell(record);
  }

  /** Resolves at the next change after which the run is ready, or when the signal ends the wait. */
  untilReady({ namespace, workflowId, runId }: RunKey, isReady: IsReady, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const name = `${namespace}\0${runId}`;
    const known = this.#waiting.get(name);
    const waiting = known ?? { tell: new Set(), unwatch: this.#watch({ namespace, workflowId, runId }) };
    if (known === undefined) this.#waiting.set(name, waiting);
    const set = waiting.tell;
    return new Promise((resolve) => {
      const end = (): void => {
        set.delete(tell);
        if (set.size === 0 && this.#waiting.get(name) === waiting) {
          this.#waiting.delete(name);
          waiting.unwatch();
        }
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
