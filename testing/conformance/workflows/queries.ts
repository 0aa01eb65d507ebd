import {
  ApplicationFailure,
  condition,
  defineQuery,
  setDefaultQueryHandler,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { QueryDefinition } from '@temporalio/workflow';
import { finish, list } from './messages.ts';
import { gate } from './support.ts';

/** Adds its arguments. */
export const sum: QueryDefinition<number, number[]> = defineQuery('sum');
/** Throws. */
export const broken: QueryDefinition<never> = defineQuery('broken');

/** Answers queries of several kinds until `finish`. */
export async function answer(): Promise<string> {
  let finished = false;
  setHandler(sum, (...terms: number[]) => terms.reduce((a, b) => a + b, 0));
  setHandler(broken, () => {
    throw ApplicationFailure.create({ message: 'broken query', type: 'Broken', details: [1] });
  });
  setHandler(list, () => ['a']);
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  return 'finished';
}

/** Answers any query with its name and arguments. */
export async function answerAny(): Promise<void> {
  setDefaultQueryHandler((name, ...args) => [name, args]);
}

/** Ends with a failure; `list` tells how far it came. */
export async function answerAfterFailure(): Promise<void> {
  const values = ['begun'];
  setHandler(list, () => values);
  await sleep(1);
  values.push('slept');
  throw ApplicationFailure.nonRetryable('on purpose', 'Purpose');
}

/** Stands at the gate `out` in its first task, then waits for `finish`. */
export async function answerAtGate(): Promise<void> {
  const values = ['before'];
  let finished = false;
  setHandler(list, () => values);
  setHandler(finish, () => void (finished = true));
  gate.hold('out');
  values.push('after');
  await condition(() => finished);
}
