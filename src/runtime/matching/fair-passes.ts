/** What one task of weight 1 moves its key on by. With the smallest weight, 0.001, it is 1000 times as much. */
const STRIDE = 1000;
/** Keys after which those that have nothing waiting are forgotten for the first time; each may come one task early then. */
const MANY_KEYS = 1024;

/**
 * Places of tasks in a queue that fairness keys share (Temporal: passes). Each task is placed behind the latest of its key, by the more the less its key
 * weighs, but never before what was given out already: so a key that was away gets no more than its share when it comes.
 */
export class FairPasses {
  readonly #latest = new Map<string, number>();
  #base = 0;
  #sweepAt = MANY_KEYS;

  /** Number of keys that are remembered. */
  get size(): number {
    return this.#latest.size;
  }

  /** The place of a key's next task; tasks with lower ones go first. */
  place(key: string, weight: number): number {
    const next = (this.#latest.get(key) ?? 0) + Math.max(1, Math.trunc(STRIDE / weight));
    const pass = Math.max(this.#base, next);
    this.#latest.set(key, pass);
    if (this.#latest.size > this.#sweepAt) this.#sweep();
    return pass;
  }

  /** A task with this place was given out. */
  gaveOut(pass: number): void {
    this.#base = Math.max(this.#base, pass);
  }

  #sweep(): void {
    for (const [key, pass] of this.#latest) if (pass <= this.#base) this.#latest.delete(key);
    this.#sweepAt = Math.max(MANY_KEYS, 2 * this.#latest.size);
  }
}
