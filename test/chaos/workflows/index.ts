/** A workload with a bit of everything, for processes that are killed. */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { LedgerActivities } from '../fixtures/ledger.ts';

export { perdureAgent } from '../../../src/workflow/agent/perdure-agent.ts';
export { collect } from './collect.ts';
export { idle } from './idle.ts';
export { walk } from './walk.ts';

/** @param timeout after which a step whose process is gone is tried again. */
function steps(timeout: number): LedgerActivities {
  return proxyActivities<LedgerActivities>({
    startToCloseTimeout: timeout,
    retry: { initialInterval: 20, backoffCoefficient: 1 },
  });
}

/** The same in the worker that runs the workflow. */
const { step: localStep } = proxyLocalActivities<LedgerActivities>({ startToCloseTimeout: 5000 });

/** What is expected of a run before it ends. */
export interface MixedInput {
  readonly notes: number;
  readonly additions: number;
  /** Milliseconds. */
  readonly stepTimeout: number;
}

/** What a run has come to. */
export interface MixedState {
  readonly generation: number;
  readonly steps: readonly string[];
  readonly notes: readonly string[];
  readonly sum: number;
}

/** Tells something; each must arrive once, in the order of its sender. */
export const note = defineSignal<[string]>('note');
/** Adds to a sum; each must count once. Accepted by the first run of a chain only. */
export const add = defineUpdate<number, [number]>('add');

const fresh: MixedState = { generation: 0, steps: [], notes: [], sum: 0 };

/** Activities one after another, at once and local, retries, a timer, a child, signals both ways, updates, and a run that follows on this one. */
export async function mixed(input: MixedInput, before: MixedState = fresh): Promise<MixedState> {
  const { workflowId } = workflowInfo();
  const { step } = steps(input.stepTimeout);
  const { generation } = before;
  const done = [...before.steps];
  const notes = [...before.notes];
  let sum = before.sum;
  let greetings = 0;
  let additions = 0;
  setHandler(note, (text) => {
    if (text === 'from the child') greetings++;
    else notes.push(text);
  });
  setHandler(add, async (amount) => {
    await step(`add ${amount}`, false);
    additions++;
    return (sum += amount);
  });
  const run = async (name: string, flaky = false): Promise<void> => {
    done.push(await step(`${generation} ${name}`, flaky));
  };
  await run('first');
  done.push(await localStep(`${generation} local`, false));
  await sleep(50);
  await Promise.all([
    run('left'),
    run('right', true),
    executeChild(child, { workflowId: `${workflowId}/${generation}`, args: [workflowId, input.stepTimeout] }),
  ]);
  await condition(() => greetings === 1);
  await Promise.race([condition(() => false, 60_000), sleep(20)]);
  if (generation === 0) {
    await condition(() => additions === input.additions && notes.length >= input.notes / 2);
    await condition(allHandlersFinished);
    await continueAsNew<typeof mixed>(input, { generation: 1, steps: done, notes, sum });
  }
  await condition(() => notes.length === input.notes);
  await run('last');
  return { generation, steps: done, notes, sum };
}

/** Works, waits, and greets its parent. */
export async function child(parentId: string, stepTimeout: number): Promise<string> {
  const done = await steps(stepTimeout).step('child', false);
  await sleep(30);
  await getExternalWorkflowHandle(parentId).signal(note, 'from the child');
  return done;
}
