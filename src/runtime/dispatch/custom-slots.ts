import type { native } from '@temporalio/core-bridge';
import type { Clock } from '../../core/clock.ts';
import { IssuedSlots } from './issued-slots.ts';
import type { DispatchLog } from './options.ts';
import { sleepUntil } from './rpc.ts';
import { gaveUp, type Slot, type SlotContext, type SlotPool } from './slots.ts';

type Supplier = Extract<native.SlotSupplierOptions, { type: 'custom' }>;
type Info = native.SlotInfo;

/** After how long a supplier is asked again that has failed, in milliseconds. */
const RETRY_MS = 1000;

/** What a custom supplier works with here. */
export interface CustomSlotsOptions {
  readonly context: SlotContext;
  /** How many slots may be out, whatever the supplier says. */
  readonly limit: number | undefined;
  readonly clock: Clock;
  readonly log: DispatchLog;
}

/** Slots that a supplier of the user's gives out. */
export class CustomSlots implements SlotPool {
  readonly #supplier: Supplier;
  readonly #options: CustomSlotsOptions;
  readonly #issued = new IssuedSlots();

  constructor(supplier: Supplier, options: CustomSlotsOptions) {
    this.#supplier = supplier;
    this.#options = options;
  }

  get limit(): number | undefined {
    return this.#options.limit;
  }

  async acquire(isSticky: boolean, signal: AbortSignal): Promise<Slot> {
    const { clock, log, limit } = this.#options;
    for (;;) {
      await this.#issued.below(limit ?? Infinity, signal);
      try {
        return this.#grant(await this.#supplier.reserveSlot(this.#asked(isSticky), signal));
      } catch (error) {
        if (signal.aborted) throw gaveUp();
        log.warn('Reserving a slot failed, trying again', { error });
        await sleepUntil(clock, clock.now() + RETRY_MS, signal);
      }
    }
  }

  tryAcquire(isSticky: boolean): Slot | undefined {
    if (this.#issued.count >= (this.limit ?? Infinity)) return undefined;
    const permit = this.#supplier.tryReserveSlot(this.#asked(isSticky));
    return permit === null ? undefined : this.#grant(permit);
  }

  #asked(isSticky: boolean): native.SlotReserveContext {
    const { slotType, taskQueue, workerIdentity, deploymentVersion } = this.#options.context;
    return { slotType, taskQueue, workerIdentity, workerDeploymentVersion: deploymentVersion, isSticky };
  }

  #grant(permit: native.SlotPermit): Slot {
    let used: Info | null = null;
    const slot = this.#issued.add(() => this.#supplier.releaseSlot({ slotInfo: used, permit }));
    return {
      ...slot,
      markUsed: (slotInfo) => {
        used = slotInfo;
        this.#supplier.markSlotUsed({ slotInfo, permit });
      },
    };
  }
}
