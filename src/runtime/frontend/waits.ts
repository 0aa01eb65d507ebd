import type { Clock } from '../../core/clock.ts';

const waitIsOver = 'The wait is over.';

/** A wait for something to happen. */
export interface Wait {
  /** Aborted when the caller gives up, the time has passed, or nobody is left to answer. */
  readonly signal: AbortSignal;
  /** To be called when the wait is over: ends the signal's other waits too, and leaves no timer or listener behind. */
  readonly done: () => void;
}

/** The long polls that are going on. */
export class Waits {
  readonly #clock: Clock;
  readonly #ends = new Set<() => void>();
  #isClosed = false;

  /** @param clock bounds the waits. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a wait of at most so many milliseconds, which the caller's signal ends too. */
  begin(milliseconds: number, signal: AbortSignal | undefined): Wait {
    const controller = new AbortController();
    // With a reason of ours, none is made: that would be an error with a stack trace, at each wait.
    const end = (): void => controller.abort(waitIsOver);
    if (this.#isClosed || signal?.aborted) {
      end();
      return { signal: controller.signal, done: () => undefined };
    }
    const cancel = this.#clock.schedule(this.#clock.now() + milliseconds, end);
    signal?.addEventListener('abort', end, { once: true });
    this.#ends.add(end);
    return {
      signal: controller.signal,
      done: () => {
        this.#ends.delete(end);
        cancel();
        signal?.removeEventListener('abort', end);
        end();
      },
    };
  }

  /** Ends all waits, and those that begin later at once: what began before the end may come to its wait after it. */
  close(): void {
    this.#isClosed = true;
    for (const end of this.#ends) end();
  }
}
