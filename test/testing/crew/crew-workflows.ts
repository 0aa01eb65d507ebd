import { condition, defineSignal, executeChild, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

interface Activities {
  charge(account: string, idempotencyKey: string): Promise<string>;
  ship(account: string): Promise<string>;
}

const { charge, ship } = proxyActivities<Activities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10s',
  retry: { maximumAttempts: 3 },
});

/** Charges, waits for a day, ships. */
export async function order(account: string): Promise<string[]> {
  const receipt = await charge(account, `${account}-1`);
  await sleep('1 day');
  return [receipt, await ship(account)];
}

/** Gives the result of another workflow, whose code is not here. */
export async function parent(name: string): Promise<unknown> {
  return await executeChild('elsewhere', { args: [name, 2], workflowId: `child-of-${name}` });
}

/** Waits for a signal. */
export async function waits(): Promise<void> {
  let done = false;
  setHandler(defineSignal('go'), () => {
    done = true;
  });
  await condition(() => done);
}

/** Has a bug. */
export async function buggy(): Promise<void> {
  throw new TypeError('x is not a function');
}

/** Is another one in each run of the code. */
export async function fickle(): Promise<void> {
  const isReplaying = (globalThis as { __TEMPORAL_ACTIVATOR__?: { info: { unsafe: { isReplaying: boolean } } } })
    .__TEMPORAL_ACTIVATOR__?.info.unsafe.isReplaying;
  if (isReplaying) await sleep('1 hour');
  await charge('x', 'y');
}
