import type { LocalActivityHost } from './types.ts';

/** How much of a workflow task's timeout may pass before it is answered although local activities still run. */
const HEARTBEAT_FRACTION = 0.8;

/** A run whose workflow task stays out because local activities run. */
export class LocalWait {
  readonly #host: LocalActivityHost | undefined;
  readonly #runId: string;
  #cancelTimer: (() => void) | undefined;
  /** The task was out for long enough: it is answered as soon as the language side is done, and another one is asked for. */
  isDue = false;
  isWaiting = false;

  constructor(host: LocalActivityHost | undefined, runId: string) {
    this.#host = host;
    this.#runId = runId;
  }

  /** Waits, until the task that arrived then comes close to its timeout. */
  begin(arrivedAt: number, taskTimeoutMs: number): void {
    this.end();
    this.isWaiting = true;
    this.#cancelTimer = this.#host?.heartbeatAt(this.#runId, arrivedAt + taskTimeoutMs * HEARTBEAT_FRACTION);
  }

  /** The task is being answered; the next one is waited for. */
  passOn(isDue: boolean): void {
    this.end();
    this.isWaiting = true;
    this.isDue = isDue;
  }

  /** A task arrived: it has its whole time. */
  taskArrived(): void {
    this.#stopTimer();
    this.isDue = false;
  }

  /** The time is over. */
  ring(): void {
    if (!this.isWaiting) return;
    this.#stopTimer();
    this.isDue = true;
  }

  end(): void {
    this.#stopTimer();
    this.isWaiting = false;
    this.isDue = false;
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
