import type { Clock } from '../../core/clock.ts';

/** How long, in real time, a task waits for a worker that may be about to start before time goes on without it. */
const PATIENCE_MS = 1000;

/** Holds a virtual clock while tasks wait in a queue: a worker that starts should find them as they were put there. */
export class BacklogHold {
  readonly #clock: Clock;
  readonly #wallClock: Clock;
  #release: (() => void) | undefined;
  /** Nobody came in time; until somebody does, what waits here holds nothing. */
  #deserted = false;

  /** @param clock what is held. @param wallClock by which patience ends. */
  constructor(clock: Clock, wallClock: Clock) {
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** A task has to wait. */
  waits(): void {
    if (this.#deserted || this.#release !== undefined) return;
    const release = this.#clock.hold('workflowTask');
    const cancel = this.#wallClock.schedule(this.#wallClock.now() + PATIENCE_MS, () => {
      this.#deserted = true;
      this.empty();
    });
    this.#release = () => {
      cancel();
      release();
    };
  }

  /** A worker asked for a task. */
  polled(): void {
    this.#deserted = false;
  }

  /** No task waits any more. */
  empty(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
