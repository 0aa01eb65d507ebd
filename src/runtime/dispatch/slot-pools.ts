import type { native } from '@temporalio/core-bridge';
import { CustomSlots } from './custom-slots.ts';
import { FixedSlots } from './fixed-slots.ts';
import type { DispatchOptions } from './options.ts';
import { ResourceSlots } from './resource-slots.ts';
import type { SlotContext, SlotPool } from './slots.ts';

/**
 * The pool that the official options ask for.
 * @param cap bounds the pool in addition, whatever the supplier says.
 */
export function createSlotPool(
  supplier: native.SlotSupplierOptions,
  context: SlotContext,
  options: Pick<DispatchOptions, 'clock' | 'log' | 'resources'>,
  cap?: number,
): SlotPool {
  const { clock, log, resources } = options;
  if (supplier.type === 'custom') return new CustomSlots(supplier, { context, limit: cap, clock, log });
  if (supplier.type === 'fixed-size') return new FixedSlots(Math.min(supplier.numSlots, cap ?? Infinity));
  // The official options always come with targets for such a supplier.
  if (resources === undefined) throw new TypeError('A resource-based slot supplier has no targets');
  return new ResourceSlots(supplier, { controller: resources, clock, hasSticky: context.slotType === 'workflow', cap });
}
