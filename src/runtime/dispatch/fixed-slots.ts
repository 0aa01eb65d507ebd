import { gaveUp, plainSlot, type Slot, type SlotPool } from './slots.ts';

/** So many slots, given to who asked first. */
export class FixedSlots implements SlotPool {
  readonly limit: number;
  #free: number;
  readonly #waiters: Array<(slot: Slot) => void> = [];

  constructor(limit: number) {
    this.limit = limit;
    this.#free = limit;
  }

  acquire(_isSticky: boolean, signal: AbortSignal): Promise<Slot> {
    const slot = this.tryAcquire();
    if (slot) return Promise.resolve(slot);
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiters.splice(this.#waiters.indexOf(onSlot), 1);
        reject(gaveUp());
      };
      const onSlot = (granted: Slot): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(granted);
      };
      if (signal.aborted) {
        reject(gaveUp());
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiters.push(onSlot);
    });
  }

  tryAcquire(): Slot | undefined {
    if (this.#free === 0) return undefined;
    this.#free--;
    return this.#grant();
  }

  #grant(): Slot {
    return plainSlot(() => {
      const waiter = this.#waiters.shift();
      if (waiter) waiter(this.#grant());
      else this.#free++;
    });
  }
}
