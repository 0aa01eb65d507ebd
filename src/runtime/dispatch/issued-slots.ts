import { gaveUp, plainSlot, type Slot } from './slots.ts';

/** Counts slots that are out, and lets others wait until there are fewer. */
export class IssuedSlots {
  #count = 0;
  readonly #waiters = new Set<() => void>();

  /** How many are out. */
  get count(): number {
    return this.#count;
  }

  /** One more is out. @param onBack called once it is back. */
  add(onBack: () => void): Slot {
    this.#count++;
    return plainSlot(() => {
      onBack();
      this.#count--;
      for (const wake of this.#waiters) wake();
    });
  }

  /** Resolves once fewer than so many are out. Rejects when the signal aborts. */
  async below(limit: number, signal: AbortSignal): Promise<void> {
    while (this.#count >= limit && !signal.aborted) await this.change(signal);
    if (signal.aborted) throw gaveUp();
  }

  /** Resolves once one comes back, or the signal aborts. */
  change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiters.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiters.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
