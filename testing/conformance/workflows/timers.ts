import { CancellationScope, condition, defineSignal, isCancellation, setHandler, sleep } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import type { Duration } from '@temporalio/common';
import { activity, brief, gate } from './support.ts';

/** Sleeps for each of these times, one after another. */
export async function sleepEach(times: readonly Duration[]): Promise<string> {
  for (const time of times) await sleep(time);
  return 'awake';
}

/** Sleeps for all of these times at once; gives back in which order the timers fired. */
export async function sleepAll(times: readonly number[]): Promise<number[]> {
  const order: number[] = [];
  await Promise.all(times.map(async (ms, i) => order.push((await sleep(ms), i))));
  return order;
}

/** Starts a timer and cancels it in a later task. */
export async function cancelTimer(ms: number): Promise<string> {
  const scope = new CancellationScope();
  const timer = scope
    .run(() => sleep(ms))
    .then(
      () => 'fired',
      (error: unknown) => `cancelled: ${isCancellation(error)}`,
    );
  await sleep(1);
  scope.cancel();
  return await timer;
}

/** Starts a timer and cancels it in the same task. */
export async function cancelTimerAtOnce(): Promise<string> {
  const scope = new CancellationScope();
  const timer = scope
    .run(() => sleep('1 hour'))
    .then(
      () => 'fired',
      (error: unknown) => `cancelled: ${isCancellation(error)}`,
    );
  scope.cancel();
  return await timer;
}

export const cancelIt: SignalDefinition = defineSignal('cancelIt');

/** At the signal, holds the task at gate `cancelling` and cancels the timer in it. */
export async function cancelTimerAtGate(ms: number): Promise<string> {
  const scope = new CancellationScope();
  setHandler(cancelIt, () => {
    gate.hold('cancelling');
    scope.cancel();
  });
  return await scope
    .run(() => sleep(ms))
    .then(
      () => 'fired',
      (error: unknown) => `cancelled: ${isCancellation(error)}`,
    );
}

/** Waits for a condition that never holds, at most this long. */
export async function conditionInTime(ms: number): Promise<boolean> {
  return await condition(() => false, ms);
}

/** Waits for a signal, at most this long. */
export async function signalInTime(ms: number): Promise<boolean> {
  let came = false;
  setHandler(cancelIt, () => void (came = true));
  return await condition(() => came, ms);
}

/** Whether a sleep takes as much of the workflow's time as it should. */
export async function measureSleep(ms: number): Promise<boolean> {
  const before = Date.now();
  await sleep(ms);
  const slept = Date.now() - before;
  return slept >= ms - 1 && slept < ms + 5_000;
}

/** JavaScript's own timers, which the runtime makes durable. */
export async function nativeTimers(): Promise<string[]> {
  const log: string[] = [];
  const never = setTimeout(() => log.push('never'), 10_000);
  await new Promise<void>((resolve) => setTimeout(() => resolve(void log.push('fired')), 20));
  clearTimeout(never);
  await sleep(1);
  return log;
}

/** A timer fires while an activity runs. */
export async function sleepBesideActivity(type: string, ms: number): Promise<unknown[]> {
  const pending = activity(type, brief)();
  await sleep(ms);
  return ['slept', await pending];
}

/** A timer with a summary. */
export async function sleepWithSummary(): Promise<void> {
  await sleep(10, { summary: 'a short rest' });
}
