import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  setDefaultSignalHandler,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { QueryDefinition, SignalDefinition } from '@temporalio/workflow';

/** Adds a value to the list. */
export const add: SignalDefinition<[unknown]> = defineSignal('add');
/** Lets the workflow return its list. */
export const finish: SignalDefinition = defineSignal('finish');
/** Lets the workflow fail with this message. */
export const fail: SignalDefinition<[string]> = defineSignal('fail');
/** The list so far. */
export const list: QueryDefinition<unknown[]> = defineQuery('list');

/** Lists what `add` brings, until `finish` (it returns the list) or `fail` comes. */
export async function collect(...first: unknown[]): Promise<unknown[]> {
  const values = [...first];
  let end: 'finish' | Error | undefined;
  setHandler(add, (value) => void values.push(value));
  setHandler(list, () => values);
  setHandler(finish, () => void (end = 'finish'));
  setHandler(fail, (message) => void (end = ApplicationFailure.nonRetryable(message, 'Asked')));
  await condition(() => end !== undefined);
  if (end instanceof Error) throw end;
  return values;
}

/** Waits for a signal for this long; tells whether it came. */
export async function conditionWithTimeout(ms: number): Promise<boolean> {
  let came = false;
  setHandler(finish, () => void (came = true));
  return await condition(() => came, ms);
}

/** Sets its handler late, after a timer and a wait for `finish`. Lists what came before. */
export async function handleLate(): Promise<unknown[]> {
  let finished = false;
  const values: unknown[] = [];
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  setHandler(add, (value) => void values.push(value));
  await sleep(1);
  return values;
}

/** Lists names and arguments of signals that have no handler of their own. */
export async function handleAny(): Promise<unknown[]> {
  const values: unknown[] = [];
  let finished = false;
  setHandler(finish, () => void (finished = true));
  setDefaultSignalHandler((name, ...args) => void values.push([name, args]));
  await condition(() => finished);
  return values;
}

/** Its handler waits for a timer each time, so that handlers overlap. */
export async function handleSlowly(): Promise<unknown[]> {
  const values: unknown[] = [];
  setHandler(add, async (value) => {
    values.push(`begin ${String(value)}`);
    await sleep(1);
    values.push(`end ${String(value)}`);
  });
  await condition(() => values.length === 4);
  return values;
}

/** Its handler of `add` throws, which fails the run. */
export async function handleBadly(): Promise<string> {
  setHandler(add, () => {
    throw ApplicationFailure.nonRetryable('bad signal', 'BadSignal');
  });
  await condition(() => false);
  return 'never';
}

/** Waits until the end of time. */
export async function waitForever(): Promise<never> {
  await condition(() => false);
  throw new Error('Not reached');
}
