/** How long nothing more is said after a warning, in milliseconds. */
const QUIET_MS = 10_000;

/**
 * Tells somebody about what goes wrong in the background, and not too often: where Redis is away, everything that is tried goes wrong. What was left out is
 * counted, and said with the next warning.
 */
export class LimitedWarnings {
  readonly #warn: (message: string) => void;
  readonly #now: () => number;
  #quietUntil = -Infinity;
  #leftOut = 0;

  /** @param now a clock, in milliseconds. */
  constructor(warn: (message: string) => void, now: () => number = () => performance.now()) {
    this.#warn = warn;
    this.#now = now;
  }

  /** Something has gone wrong. */
  add(error: unknown): void {
    const now = this.#now();
    if (now < this.#quietUntil) {
      this.#leftOut++;
      return;
    }
    const others = this.#leftOut === 0 ? '' : ` (${this.#leftOut} more since the last warning)`;
    this.#quietUntil = now + QUIET_MS;
    this.#leftOut = 0;
    this.#warn(`In the background of the engine: ${textOf(error)}${others}`);
  }
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Some errors of sockets have no message.
  return error.message || ((error as NodeJS.ErrnoException).code ?? error.name);
}
