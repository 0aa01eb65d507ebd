import { condition, continueAsNew, defineUpdate, executeChild, setHandler, sleep } from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import { add, finish } from './messages.ts';
import { activity, brief } from './support.ts';

/** Adds a value; gives back how many there are. */
export const put: UpdateDefinition<number, [unknown]> = defineUpdate('put');

function listen(values: unknown[]): () => Promise<void> {
  let finished = false;
  setHandler(add, (value) => void values.push(value));
  setHandler(put, (value) => values.push(value));
  setHandler(finish, () => void (finished = true));
  return () => condition(() => finished);
}

/** Lists what an activity gives, and what signals and updates bring, until `finish` comes. */
export async function stepThenCollect(): Promise<unknown[]> {
  const values: unknown[] = [];
  const finished = listen(values);
  values.push(await activity('step', brief)());
  await finished();
  return values;
}

/** Calls an activity and sleeps at once; lists how they end, between signals. */
export async function collectBeside(ms: number): Promise<unknown[]> {
  const values: unknown[] = [];
  const finished = listen(values);
  const called = activity('step', brief)().then((value) => values.push(value));
  const slept = sleep(ms).then(() => values.push('slept'));
  await Promise.all([called, slept, finished()]);
  return values;
}

/** Waits for a child, and lists what it gave. */
export async function collectWithChild(workflowId: string): Promise<unknown[]> {
  const values: unknown[] = [];
  const finished = listen(values);
  const ended = executeChild('waitForRelease', { workflowId }).then((value) => values.push(value));
  await Promise.all([ended, finished()]);
  return values;
}

/** Goes on as a new run when `finish` comes, which lists what came to it. */
export async function collectTwice(again = true): Promise<unknown[]> {
  const values: unknown[] = [];
  await listen(values)();
  if (again) await continueAsNew<typeof collectTwice>(false);
  return values;
}
