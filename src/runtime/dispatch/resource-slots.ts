import type { native } from '@temporalio/core-bridge';
import type { Clock } from '../../core/clock.ts';
import { IssuedSlots } from './issued-slots.ts';
import type { ResourceController } from './resource-controller.ts';
import { sleepUntil } from './rpc.ts';
import { gaveUp, type Slot, type SlotPool } from './slots.ts';

type Supplier = Extract<native.SlotSupplierOptions, { type: 'resource-based' }>;

/** After how long is asked again whether the machine has room, in milliseconds; as in the official worker. */
const AGAIN_MS = 10;

/** What slots by resources are given out by. */
export interface ResourceSlotsOptions {
  readonly controller: ResourceController;
  readonly clock: Clock;
  /** Whether there are two kinds of polls, neither of which may be left without a slot: workflow tasks. */
  readonly hasSticky: boolean;
  /** How many slots may be out, whatever the machine has free. */
  readonly cap: number | undefined;
}

/** As many slots as the machine has room for: the least number in any case, then one after another within the bounds. */
export class ResourceSlots implements SlotPool {
  /** As on the official worker, only what is known beforehand counts where polls share slots. */
  readonly limit: number | undefined;
  readonly #supplier: Supplier;
  readonly #options: ResourceSlotsOptions;
  readonly #maximum: number;
  readonly #issued = new IssuedSlots();
  readonly #kinds = { sticky: 0, normal: 0 };
  #lastIssued: number;

  constructor(supplier: Supplier, options: ResourceSlotsOptions) {
    this.limit = options.cap;
    this.#supplier = supplier;
    this.#options = options;
    this.#maximum = Math.min(supplier.maximumSlots, options.cap ?? Infinity);
    this.#lastIssued = options.clock.now();
  }

  async acquire(isSticky: boolean, signal: AbortSignal): Promise<Slot> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const slot = this.tryAcquire(isSticky);
      if (slot !== undefined) return slot;
      // What is full has to wait for a slot to come back; whether there is room has to be looked at.
      if (this.#issued.count >= this.#maximum) await this.#issued.change(signal);
      else await sleepUntil(clock, clock.now() + Math.max(AGAIN_MS, this.#throttledMs()), signal);
    }
    throw gaveUp();
  }

  tryAcquire(isSticky: boolean): Slot | undefined {
    const kind = isSticky ? 'sticky' : 'normal';
    if (this.#isBelowMinimum(kind)) return this.#grant(kind);
    const mayGrow = this.#issued.count < this.#maximum && this.#throttledMs() === 0;
    return mayGrow && this.#options.controller.hasRoom() ? this.#grant(kind) : undefined;
  }

  #isBelowMinimum(kind: 'sticky' | 'normal'): boolean {
    const { hasSticky, cap = Infinity } = this.#options;
    const { count } = this.#issued;
    if (count >= cap) return false;
    return count < this.#supplier.minimumSlots || (hasSticky && this.#kinds[kind] === 0);
  }

  /** How long the next slot has to wait for the one before to show in what is in use. */
  #throttledMs(): number {
    const now = this.#options.clock.now();
    // The clock of the machine was put back.
    if (now < this.#lastIssued) this.#lastIssued = now;
    return Math.max(0, this.#supplier.rampThrottle - (now - this.#lastIssued));
  }

  #grant(kind: 'sticky' | 'normal'): Slot {
    this.#kinds[kind]++;
    this.#lastIssued = this.#options.clock.now();
    return this.#issued.add(() => this.#kinds[kind]--);
  }
}
