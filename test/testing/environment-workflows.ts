import type { Duration } from '@temporalio/common';
import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';

interface Activities {
  slow(): Promise<unknown>;
}

/** Sleeps. */
export async function sleeps(duration: Duration): Promise<void> {
  await sleep(duration);
}

/** Calls an activity once. */
export async function callsSlowly(startToCloseTimeout: Duration): Promise<unknown> {
  return await proxyActivities<Activities>({ startToCloseTimeout, retry: { maximumAttempts: 1 } }).slow();
}

/** Calls an activity again and again, with long pauses. */
export async function charges(): Promise<unknown> {
  const retry = { initialInterval: '10 minutes', backoffCoefficient: 2 } as const;
  return await proxyActivities<Activities>({ startToCloseTimeout: '1 minute', retry }).slow();
}

const wake = defineSignal('wake');

/** Waits until another workflow wakes it. */
export async function waitsToBeWoken(): Promise<void> {
  let isAwake = false;
  setHandler(wake, () => void (isAwake = true));
  await condition(() => isAwake);
}

/** Wakes another workflow. */
export async function wakes(workflowId: string): Promise<void> {
  await getExternalWorkflowHandle(workflowId).signal(wake);
}
