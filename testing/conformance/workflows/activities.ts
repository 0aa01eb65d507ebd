import { CancellationScope, condition, defineSignal, isCancellation, setHandler, sleep } from '@temporalio/workflow';
import type { ActivityCancellationType, ActivityOptions, SignalDefinition } from '@temporalio/workflow';
import { explain } from '../explain.ts';
import { activity, brief } from './support.ts';

/** One call of an activity. */
export interface Call {
  readonly type: string;
  readonly args?: unknown[];
  readonly options?: ActivityOptions;
}

const run = ({ type, args = [], options = brief }: Call): Promise<unknown> => activity(type, options)(...args);

/** Calls activities one after another; gives back their results. */
export async function callEach(calls: readonly Call[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const call of calls) results.push((await run(call)) ?? 'undefined');
  return results;
}

/** Calls activities at once; gives back their results. */
export async function callAll(calls: readonly Call[]): Promise<unknown[]> {
  return await Promise.all(calls.map(run));
}

/** Calls an activity; gives back its result, or what its failure says. */
export async function callOne(call: Call): Promise<unknown> {
  try {
    return { result: await run(call) };
  } catch (error) {
    return { failure: explain(error) };
  }
}

/** Asks `cancelThatCall` to cancel. */
export const cancelCall: SignalDefinition = defineSignal('cancelCall');

/** Calls an activity in a scope of its own, cancels the scope at a signal, and tells what became of the call. */
export async function cancelThatCall(
  call: Call,
  cancellationType: ActivityCancellationType = 'TRY_CANCEL',
): Promise<unknown> {
  const scope = new CancellationScope();
  setHandler(cancelCall, () => scope.cancel());
  try {
    const options = { ...(call.options ?? brief), cancellationType };
    return { result: await scope.run(() => run({ ...call, options })) };
  } catch (error) {
    return { cancelled: isCancellation(error), failure: explain(error) };
  }
}

/** Schedules an activity and cancels it before the task is answered. */
export async function cancelAtOnce(
  call: Call,
  cancellationType: ActivityCancellationType = 'TRY_CANCEL',
): Promise<unknown> {
  const scope = new CancellationScope();
  const outcome = scope
    .run(() => run({ ...call, options: { ...(call.options ?? brief), cancellationType } }))
    .then(
      () => 'completed',
      (error: unknown) => explain(error),
    );
  scope.cancel();
  return await outcome;
}

/** Calls an activity in a scope that was cancelled before. */
export async function callInCancelledScope(call: Call): Promise<unknown> {
  const scope = new CancellationScope();
  scope.cancel();
  return await scope
    .run(() => run(call))
    .then(
      () => 'completed',
      (error: unknown) => explain(error),
    );
}

/** Starts an activity and ends without waiting for it, once a signal came. */
export async function endWithoutWaiting(call: Call): Promise<string> {
  let ended = false;
  setHandler(cancelCall, () => void (ended = true));
  run(call).catch(() => {});
  await condition(() => ended);
  return 'ended';
}

/** Waits for an activity or a timer, whichever is first, and cancels the other. */
export async function raceActivityAndTimer(call: Call, ms: number): Promise<string> {
  const scope = new CancellationScope();
  const winner = await scope.run(() =>
    Promise.race([
      run(call).then(
        () => 'activity',
        () => 'failed',
      ),
      sleep(ms).then(
        () => 'timer',
        () => 'no timer',
      ),
    ]),
  );
  scope.cancel();
  return winner;
}

/** Calls an activity whose options lack any timeout, which the workflow's runtime refuses. */
export async function callWithoutTimeout(type: string): Promise<string> {
  try {
    await activity(type, { retry: { maximumAttempts: 1 } })();
    return 'called';
  } catch (error) {
    return (error as Error).name;
  }
}
