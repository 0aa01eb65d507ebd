import {
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  proxyLocalActivities,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type {
  ActivityCancellationType,
  LocalActivityOptions,
  QueryDefinition,
  SignalDefinition,
} from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import { explain } from '../explain.ts';
import { activity, brief, gate } from './support.ts';

/** One call of a local activity. */
export interface LocalCall {
  readonly type: string;
  readonly args?: readonly unknown[];
  readonly options?: LocalActivityOptions;
}

const once: LocalActivityOptions = { startToCloseTimeout: '10s', retry: { maximumAttempts: 1 } };

function local({ type, args = [], options = once }: LocalCall): Promise<unknown> {
  const proxy = proxyLocalActivities<Record<string, (...args: unknown[]) => Promise<unknown>>>(options);
  const call = proxy[type];
  if (!call) throw new TypeError(`No activity ${type}`);
  return call(...args);
}

const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (result) => ({ result: result ?? 'undefined' }),
    (error: unknown) => ({ failure: explain(error) }),
  );

/** Ends what a workflow of this file waits for. */
export const endLocal: SignalDefinition = defineSignal('endLocal');
/** How far a workflow of this file has come. */
export const localProgress: QueryDefinition<string> = defineQuery<string>('localProgress');

/** Calls local activities one after another; gives back what became of each. */
export async function localEach(calls: readonly LocalCall[]): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const call of calls) results.push(await outcome(local(call)));
  return results;
}

/** Calls local activities at once; gives back what became of them, in the order of their ends. */
export async function localAll(calls: readonly LocalCall[]): Promise<unknown[]> {
  const ended: unknown[] = [];
  await Promise.all(calls.map(async (call) => ended.push([call.args, await outcome(local(call))])));
  return ended;
}

/** Local activities between a timer and an ordinary activity. */
export async function localAmongOthers(type: string): Promise<unknown[]> {
  const first = await local({ type, args: ['first'] });
  await sleep(10);
  const second = await local({ type, args: ['second'] });
  const third = await activity(type, brief)('third');
  const [fourth, fifth] = await Promise.all([local({ type, args: ['fourth'] }), activity(type, brief)('fifth')]);
  return [first, second, third, fourth, fifth];
}

/** Tells how workflow time passes while a local activity runs. */
export async function localTime(call: LocalCall): Promise<boolean> {
  const before = Date.now();
  await local(call);
  return Date.now() > before;
}

/** Cancels a local activity at once, in the activation that asked for it. */
export async function cancelLocalAtOnce(call: LocalCall, type: ActivityCancellationType): Promise<unknown> {
  const scope = new CancellationScope();
  const ended = outcome(
    scope.run(() => local({ ...call, options: { ...once, ...call.options, cancellationType: type } })),
  );
  scope.cancel();
  return await ended;
}

/** Cancels a local activity when another one, that is called after it, has ended. */
export async function cancelLocalWhileItRuns(
  call: LocalCall,
  until: LocalCall,
  type: ActivityCancellationType,
): Promise<unknown> {
  const scope = new CancellationScope();
  const ended = outcome(
    scope.run(() => local({ ...call, options: { ...once, ...call.options, cancellationType: type } })),
  );
  await local(until);
  scope.cancel();
  return await ended;
}

/** Ends while a local activity runs. */
export async function endWhileLocalRuns(call: LocalCall, until: LocalCall): Promise<string> {
  void outcome(local(call));
  await local(until);
  return 'ended';
}

/** Goes on as a new run after a local activity. */
export async function localThenAgain(type: string, rounds: number): Promise<unknown> {
  const said = await local({ type, args: [rounds] });
  if (rounds > 1) await continueAsNew<typeof localThenAgain>(type, rounds - 1);
  return said;
}

/** Counts signals while a local activity runs. */
export async function localWithSignals(call: LocalCall, signals: number): Promise<unknown> {
  let seen = 0;
  let progress = 'waits';
  setHandler(endLocal, () => void seen++);
  setHandler(localProgress, () => `${progress} ${seen}`);
  const result = await outcome(local(call));
  progress = 'has it';
  await condition(() => seen >= signals);
  return [result, seen];
}

/** Is held by a gate after its first local activity, in the same task. */
export async function localThenGate(type: string, name: string): Promise<unknown[]> {
  const first = await local({ type, args: ['first'] });
  gate.hold(name);
  const second = await local({ type, args: ['second'] });
  return [first, second];
}

/** Asks `localInUpdate` to say something. */
export const sayLocally: UpdateDefinition<unknown, [string]> = defineUpdate<unknown, [string]>('sayLocally');

/** Calls a local activity in an update's handler; ends after so many. */
export async function localInUpdate(type: string, updates: number): Promise<number> {
  let handled = 0;
  setHandler(sayLocally, async (word) => {
    const said = await local({ type, args: [word] });
    handled++;
    return said;
  });
  await condition(() => handled >= updates);
  return handled;
}

/** Local activities around a patch. */
export async function localAndPatch(type: string): Promise<unknown[]> {
  const both = Promise.all([local({ type, args: ['a'] }), local({ type, args: ['b'] })]);
  const isPatched = patched('local-and-patch');
  return [...(await both), isPatched, await local({ type, args: ['c'] })];
}

/** A local activity that was called without any timeout. */
export async function localWithoutTimeout(type: string): Promise<string> {
  try {
    await local({ type, options: {} });
    return 'called';
  } catch (error) {
    return (error as Error).name;
  }
}
