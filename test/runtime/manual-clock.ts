import type { Clock } from '../../src/core/clock.ts';
import { TimerQueue } from '../../src/runtime/timer-queue.ts';

/** A clock that only the test moves. */
export class ManualClock implements Clock {
  readonly #timers = new TimerQueue();
  readonly #waiting = new Set<object>();
  #now: number;

  constructor(now: number = Date.UTC(2030, 0, 1)) {
    this.#now = now;
  }

  /** Number of timers that will still fire. */
  get pending(): number {
    return this.#waiting.size;
  }

  now(): number {
    return this.#now;
  }

  schedule(at: number, task: () => void): () => void {
    const timer = {
      at,
      task: () => {
        this.#waiting.delete(timer);
        task();
      },
    };
    this.#waiting.add(timer);
    const cancel = this.#timers.add(timer);
    return () => {
      this.#waiting.delete(timer);
      cancel();
    };
  }

  hold(): () => void {
    return () => undefined;
  }

  /** Moves on; what falls due is called, with its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#timers.peek();
      if (next === undefined || next.at > end) break;
      this.#timers.take();
      this.#now = Math.max(this.#now, next.at);
      next.task();
    }
    this.#now = end;
  }
}
