import { HttpProblem } from '../problems/problem.ts';

/** Counts the streams that are open, so that nobody opens any number of them. */
export class StreamSlots {
  readonly #most: number;
  readonly #open = new Map<string, number>();

  /** @param most of one principal. */
  constructor(most: number) {
    this.#most = most;
  }

  /** All that are open. */
  get count(): number {
    let sum = 0;
    for (const count of this.#open.values()) sum += count;
    return sum;
  }

  /**
   * Opens one more.
   * @returns how to close it; doing so twice does no harm. @throws HttpProblem when there are too many.
   */
  take(principal: string): () => void {
    const count = this.#open.get(principal) ?? 0;
    if (count >= this.#most) {
      throw new HttpProblem('TOO_MANY_STREAMS', `${count} streams of this credential are open already.`, {
        status: 429,
        title: 'Too many streams',
        fix: 'Close streams that are not read any more, or use one for several readers.',
        headers: { 'retry-after': '5' },
      });
    }
    this.#open.set(principal, count + 1);
    let isOpen = true;
    return () => {
      if (!isOpen) return;
      isOpen = false;
      const left = (this.#open.get(principal) ?? 1) - 1;
      if (left === 0) this.#open.delete(principal);
      else this.#open.set(principal, left);
    };
  }
}
