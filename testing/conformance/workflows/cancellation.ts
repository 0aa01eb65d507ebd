import { CancellationScope, condition, executeChild, isCancellation, setHandler, sleep } from '@temporalio/workflow';
import type { ChildWorkflowOptions } from '@temporalio/workflow';
import { explain } from '../explain.ts';
import { finish } from './messages.ts';
import { activity, brief } from './support.ts';

/** Waits to be cancelled, cleans up by a timer that cannot be, then fails as cancelled (`rethrow`) or completes. */
export async function cleanUpWhenCancelled(end: 'rethrow' | 'return', ms = 10): Promise<string> {
  try {
    await condition(() => false);
  } catch (error) {
    await CancellationScope.nonCancellable(() => sleep(ms));
    if (end === 'rethrow') throw error;
    return isCancellation(error) ? 'cleaned' : 'failed';
  }
  return 'never';
}

/** Waits for `finish` whatever happens; tells whether a cancel request came. */
export async function ignoreCancellation(): Promise<boolean> {
  let finished = false;
  let cancelled = false;
  setHandler(finish, () => void (finished = true));
  CancellationScope.current().cancelRequested.catch(() => (cancelled = true));
  await CancellationScope.nonCancellable(() => condition(() => finished));
  return cancelled;
}

/** Waits for a timer of a minute. */
export async function waitForTimer(): Promise<void> {
  await sleep('1 minute');
}

/** Waits for an activity. */
export async function waitForActivity(type: string): Promise<unknown> {
  return await activity(type, { ...brief, cancellationType: 'TRY_CANCEL' })();
}

/** Waits for a child. */
export async function waitForChild(
  type: string,
  options: ChildWorkflowOptions = {},
  ...args: unknown[]
): Promise<unknown> {
  return await executeChild(type, { ...options, args });
}

/** Tells what the wait for a timer was ended by. */
export async function explainCancellation(): Promise<unknown> {
  try {
    await sleep('1 minute');
  } catch (error) {
    return explain(error);
  }
  return 'never';
}
