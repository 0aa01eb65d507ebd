import type { ReadyReport, WorkOrder } from './messages.ts';
import { WorkProcess } from './work-process.ts';

/** What a session tells. */
export interface DevEvents {
  /** All runs: for the first time, or again after these files have changed. */
  readonly onReady: (report: ReadyReport, changed: readonly string[], seconds: number) => void;
  /** It does not run, and the next change is waited for. */
  readonly onBroken: (message: string) => void;
}

/** Keeps one process at work, and starts it again when files change. Two never run at once: they share a port. */
export class DevSession {
  readonly #events: DevEvents;
  readonly #env: () => NodeJS.ProcessEnv;
  #order: WorkOrder;
  #process: WorkProcess | undefined;
  #changed: string[] = [];
  #running: Promise<void> | undefined;
  #isOver = false;

  /** @param env of each process that is started. */
  constructor(order: WorkOrder, env: () => NodeJS.ProcessEnv, events: DevEvents) {
    this.#order = order;
    this.#env = env;
    this.#events = events;
  }

  /** Starts what these files have changed; while it is being started, once more. Resolves when nothing is left to do. */
  async reload(files: readonly string[]): Promise<void> {
    this.#changed.push(...files);
    await (this.#running ??= this.#restart().finally(() => (this.#running = undefined)));
  }

  /** Ends what runs. */
  async close(): Promise<void> {
    this.#isOver = true;
    await this.#process?.stop();
    await this.#running;
  }

  async #restart(): Promise<void> {
    do {
      const changed = [...new Set(this.#changed)];
      this.#changed = [];
      await this.#startOnce(changed);
    } while (this.#changed.length > 0);
  }

  async #startOnce(changed: readonly string[]): Promise<void> {
    const beganAt = performance.now();
    await this.#process?.stop();
    if (this.#isOver) return;
    const current = new WorkProcess(this.#order, this.#env());
    this.#process = current;
    const report = await current.report;
    if (report?.type === 'ready') {
      // Whoever has the address keeps it.
      this.#order = { ...this.#order, port: report.port };
      this.#events.onReady(report, changed, (performance.now() - beganAt) / 1000);
      void current.exited.then((reason) => this.#onExit(current, reason));
      return;
    }
    const reason = await current.exited;
    if (!this.#isOver) this.#events.onBroken(report?.message ?? `perdure: it ended at once (${reason}).\n`);
  }

  #onExit(ended: WorkProcess, reason: string): void {
    // Else we have ended it ourselves.
    if (ended === this.#process && this.#running === undefined && !this.#isOver)
      this.#events.onBroken(`perdure: it has ended (${reason}). Runs go on when it is started again.\n`);
  }
}
