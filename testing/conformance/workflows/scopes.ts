import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  isCancellation,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { activity, brief } from './support.ts';

const hour = '1 hour';

export const proceed: SignalDefinition = defineSignal('proceed');

/** Sleeps until it is cancelled, and lets that through. */
export async function sleepLong(): Promise<void> {
  await sleep(hour);
}

/** Cleans up by an activity when it is cancelled, then lets the cancellation through. */
export async function cleanUp(type: string): Promise<void> {
  try {
    await sleep(hour);
  } catch (error) {
    await CancellationScope.nonCancellable(() => activity(type, brief)());
    throw error;
  }
}

/** Is cancelled and completes all the same. */
export async function swallow(): Promise<string> {
  try {
    await sleep(hour);
    return 'slept';
  } catch (error) {
    return `swallowed: ${isCancellation(error)}, ${(error as Error).message}`;
  }
}

/** After a cancellation, an activity outside a shield fails at once. */
export async function callAfterCancel(type: string): Promise<string> {
  await sleep(hour).catch(() => {});
  try {
    await activity(type, brief)();
    return 'called';
  } catch (error) {
    return `refused: ${isCancellation(error)}`;
  }
}

/** Work that a cancellation does not reach. */
export async function shielded(ms: number): Promise<string> {
  const result = await CancellationScope.nonCancellable(async () => {
    await sleep(ms);
    return 'finished';
  });
  return `${result}, asked: ${CancellationScope.current().consideredCancelled}`;
}

/** A shield in whose inside the request is seen. */
export async function seesRequest(): Promise<string> {
  return await CancellationScope.nonCancellable(async () => {
    const { cancelRequested } = CancellationScope.current();
    try {
      await Promise.race([sleep(hour), cancelRequested]);
      return 'slept';
    } catch (error) {
      return `asked: ${error instanceof CancelledFailure}`;
    }
  });
}

/** Work with a time limit. */
export async function withinTime(limitMs: number, workMs: number): Promise<string> {
  try {
    return await CancellationScope.withTimeout(limitMs, async () => {
      await sleep(workMs);
      return 'in time';
    });
  } catch (error) {
    return `out of time: ${isCancellation(error)}`;
  }
}

/** An inner scope is cancelled, the outer one goes on. */
export async function nested(): Promise<string[]> {
  const log: string[] = [];
  await CancellationScope.cancellable(async () => {
    const outer = CancellationScope.current();
    const inner = new CancellationScope();
    const work = inner.run(() => sleep(hour)).catch((error: unknown) => log.push(`inner ${isCancellation(error)}`));
    await sleep(1);
    inner.cancel();
    await work;
    log.push(`inner cancelled ${inner.consideredCancelled}, outer cancelled ${outer.consideredCancelled}`);
    await sleep(1);
    log.push('outer went on');
  });
  return log;
}

/** Cancelling the outer scope reaches everything in it, except what is shielded. */
export async function nestedFromOutside(): Promise<string[]> {
  const log: string[] = [];
  const note = (name: string) => (error: unknown) => void log.push(`${name} ${isCancellation(error)}`);
  const outer = new CancellationScope();
  let shield: Promise<unknown> = Promise.resolve();
  const work = outer.run(async () => {
    shield = CancellationScope.nonCancellable(() => sleep(5)).then(() => log.push('shielded slept'));
    await Promise.all([
      CancellationScope.cancellable(() => sleep(hour)).catch(note('first')),
      CancellationScope.cancellable(() => sleep(hour)).catch(note('second')),
    ]);
  });
  outer.cancel();
  await work;
  await shield;
  return log;
}

/** Waits in a condition; a cancellation ends the wait. */
export async function conditionCancelled(): Promise<string> {
  let go = false;
  setHandler(proceed, () => void (go = true));
  try {
    await condition(() => go);
    return 'went on';
  } catch (error) {
    return `ended: ${isCancellation(error)}`;
  }
}
