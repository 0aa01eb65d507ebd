import type { SearchAttributePair } from '@temporalio/common';
import type { SignalDefinition } from '@temporalio/workflow';
import {
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  makeContinueAsNewFunc,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { keys, type Shown, shown } from '../attribute-keys.ts';

/** Ends a waiting workflow. */
export const endWaiting: SignalDefinition = defineSignal('end');

/** Says what it was started with. */
export async function sayAttributes(): Promise<Shown> {
  return shown(workflowInfo().typedSearchAttributes);
}

/** Sets all kinds of attributes, says what it has then, removes some, says again, and waits. */
export async function upsertAll(): Promise<readonly Shown[]> {
  let ended = false;
  setHandler(endWaiting, () => void (ended = true));
  const seen: Shown[] = [];
  upsertSearchAttributes([
    { key: keys.flag, value: true },
    { key: keys.when, value: new Date('2024-01-02T03:04:05.678Z') },
    { key: keys.amount, value: 1.5 },
    { key: keys.number, value: 7 },
    { key: keys.name, value: 'upserted' },
    { key: keys.tags, value: ['a', 'b'] },
    { key: keys.note, value: 'Some Words' },
  ]);
  seen.push(shown(workflowInfo().typedSearchAttributes));
  upsertSearchAttributes([
    { key: keys.flag, value: null },
    { key: keys.tags, value: null },
    { key: keys.number, value: 8 },
  ]);
  seen.push(shown(workflowInfo().typedSearchAttributes));
  await condition(() => ended);
  return seen;
}

/** Sets an attribute that may be wrong. */
export async function upsertRaw(name: string, value: string | number | boolean): Promise<void> {
  upsertSearchAttributes({ [name]: [value] } as Record<string, string[]>);
}

/** Starts a child with attributes, and gives back what that had. */
export async function startChildWith(attributes: readonly (readonly [keyof typeof keys, unknown])[]): Promise<Shown> {
  const typedSearchAttributes = attributes.map(([key, value]) => ({ key: keys[key], value })) as SearchAttributePair[];
  return await executeChild(sayAttributes, { workflowId: `${workflowInfo().workflowId}-child`, typedSearchAttributes });
}

/** Starts a child with an attribute of any name. */
export async function startChildRaw(name: string): Promise<Shown> {
  return await executeChild(sayAttributes, {
    workflowId: `${workflowInfo().workflowId}-child`,
    searchAttributes: { [name]: ['x'] },
  });
}

/** Goes on once as a new run: with what it has, or with attributes of another name. */
export async function continueWithAttributes(name: string | null, isSecond = false): Promise<Shown> {
  if (isSecond) return shown(workflowInfo().typedSearchAttributes);
  upsertSearchAttributes([{ key: keys.number, value: 5 }]);
  if (name === null) return await continueAsNew<typeof continueWithAttributes>(name, true);
  const goOn = makeContinueAsNewFunc<typeof continueWithAttributes>({ searchAttributes: { [name]: ['next'] } });
  return await goOn(name, true);
}

/** Changes its memo: adds, changes and removes entries. Says what it has, then waits. */
export async function changeMemo(): Promise<unknown> {
  let ended = false;
  setHandler(endWaiting, () => void (ended = true));
  upsertMemo({ added: 1, changed: 'after', removed: null });
  const { memo } = workflowInfo();
  await condition(() => ended);
  return memo;
}
