import {
  condition,
  defineQuery,
  defineSignal,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities.ts';

const { model, tool } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

/** Five activities, one after another: three calls of a model and two of tools, as an agent makes them. */
export async function fiveActivities(input: string): Promise<number> {
  const seen = [input];
  for (let turn = 0; turn < 2; turn++) {
    seen.push(await model(seen.length));
    seen.push(await tool(seen.length));
  }
  seen.push(await model(seen.length));
  return seen.length;
}

/** One activity. */
export async function child(): Promise<string> {
  return model(1);
}

/** Three children side by side. */
export async function threeChildren(): Promise<number> {
  const { workflowId } = workflowInfo();
  const results = await Promise.all(
    ['a', 'b', 'c'].map((name) => executeChild(child, { workflowId: `${workflowId}-${name}` })),
  );
  return results.length;
}

/** So many activities, one after another. */
export async function manyActivities(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await tool(turn);
}

/** What `untilSignal` waits for. */
export const input = defineSignal<[string]>('input');
/** Answered once `untilSignal` waits. */
export const waiting = defineQuery<boolean>('waiting');

/** Ends with the input that it gets. */
export async function untilSignal(): Promise<string> {
  let given: string | undefined;
  setHandler(waiting, () => true);
  setHandler(input, (text) => void (given = text));
  await condition(() => given !== undefined);
  return given ?? '';
}
