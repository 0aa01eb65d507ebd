import type { native } from '@temporalio/core-bridge';

type Supplier = native.SlotSupplierOptions;
type CustomSupplier = Extract<Supplier, { type: 'custom' }>;
type Info = native.SlotInfo;

/** The right to work on one task. */
export interface Slot {
  /** Says what the slot is used for. */
  markUsed(info: Info): void;
  /** Gives the slot back; calling it again does nothing. */
  release(): void;
}

/** Bounds how many tasks of a kind are worked on at once. */
export interface SlotPool {
  /** The greatest number of slots; `undefined` when a custom supplier decides. */
  readonly limit: number | undefined;
  /** A slot, as soon as there is one. Rejects when the signal aborts. */
  acquire(isSticky: boolean, signal: AbortSignal): Promise<Slot>;
  /** A slot, if there is one now. */
  tryAcquire(isSticky: boolean): Slot | undefined;
}

/** What a custom supplier is told about who asks. */
export interface SlotContext {
  readonly slotType: Info['type'];
  readonly taskQueue: string;
  readonly workerIdentity: string;
  readonly deploymentVersion: native.WorkerDeploymentVersion | null;
}

/**
 * The pool that the official options ask for. Resource-based suppliers are bounded by their maximum only: what the machine has free is not
 * measured.
 * @param cap bounds the pool in addition, whatever the supplier says.
 */
export function createSlotPool(supplier: Supplier, context: SlotContext, cap: number | undefined): SlotPool {
  if (supplier.type === 'custom') return new CustomSlots(supplier, context);
  const size = supplier.type === 'fixed-size' ? supplier.numSlots : supplier.maximumSlots;
  return new FixedSlots(Math.min(size, cap ?? size));
}

class FixedSlots implements SlotPool {
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
        reject(new Error('Gave up waiting for a slot'));
      };
      const onSlot = (granted: Slot): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(granted);
      };
      if (signal.aborted) {
        reject(new Error('Gave up waiting for a slot'));
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
    let held = true;
    return {
      markUsed: () => undefined,
      release: () => {
        if (!held) return;
        held = false;
        const waiter = this.#waiters.shift();
        if (waiter) waiter(this.#grant());
        else this.#free++;
      },
    };
  }
}

class CustomSlots implements SlotPool {
  readonly limit: undefined;
  readonly #supplier: CustomSupplier;
  readonly #context: SlotContext;

  constructor(supplier: CustomSupplier, context: SlotContext) {
    this.#supplier = supplier;
    this.#context = context;
  }

  async acquire(isSticky: boolean, signal: AbortSignal): Promise<Slot> {
    return this.#grant(await this.#supplier.reserveSlot(this.#asked(isSticky), signal));
  }

  tryAcquire(isSticky: boolean): Slot | undefined {
    const permit = this.#supplier.tryReserveSlot(this.#asked(isSticky));
    return permit === null ? undefined : this.#grant(permit);
  }

  #asked(isSticky: boolean): native.SlotReserveContext {
    const { slotType, taskQueue, workerIdentity, deploymentVersion } = this.#context;
    return { slotType, taskQueue, workerIdentity, workerDeploymentVersion: deploymentVersion, isSticky };
  }

  #grant(permit: native.SlotPermit): Slot {
    let held = true;
    let used: Info | null = null;
    return {
      markUsed: (slotInfo) => {
        used = slotInfo;
        this.#supplier.markSlotUsed({ slotInfo, permit });
      },
      release: () => {
        if (!held) return;
        held = false;
        this.#supplier.releaseSlot({ slotInfo: used, permit });
      },
    };
  }
}
