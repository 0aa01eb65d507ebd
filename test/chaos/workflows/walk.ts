import { proxyActivities } from '@temporalio/workflow';
import type { LedgerActivities } from '../fixtures/ledger.ts';

const { step } = proxyActivities<LedgerActivities>({
  startToCloseTimeout: 2000,
  retry: { initialInterval: 20, backoffCoefficient: 1 },
});

/** Takes so many steps, one after another. */
export async function walk(count: number): Promise<string[]> {
  const steps: string[] = [];
  while (steps.length < count) steps.push(await step(`${steps.length}`, false));
  return steps;
}
