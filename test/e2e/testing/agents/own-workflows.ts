import { executeChild, proxyActivities, sleep } from '@temporalio/workflow';

export interface Activities {
  charge(customer: string): Promise<string>;
  ship(customer: string): Promise<string>;
}

const { charge, ship } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

/** Charges, asks another workflow about the customer, ships the day after. */
export async function fulfil(customer: string): Promise<unknown[]> {
  const receipt = await charge(customer);
  const rating = await executeChild('rateCustomer', { args: [customer] });
  await sleep('1 day');
  return [receipt, rating, await ship(customer)];
}

/** Does something else when it is replayed. */
export async function fickle(customer: string): Promise<void> {
  const { isReplaying } = (globalThis as unknown as Activator).__TEMPORAL_ACTIVATOR__.info.unsafe;
  if (isReplaying) await sleep('1 hour');
  await charge(customer);
}

interface Activator {
  readonly __TEMPORAL_ACTIVATOR__: { readonly info: { readonly unsafe: { readonly isReplaying: boolean } } };
}

/** Has a bug. */
export async function buggy(): Promise<void> {
  throw new TypeError('x is not a function');
}
