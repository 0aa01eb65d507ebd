import {
  ApplicationFailure,
  allHandlersFinished,
  condition,
  currentUpdateInfo,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { UpdateDefinition } from '@temporalio/common';
import type { SignalDefinition } from '@temporalio/workflow';
import { finish } from './messages.ts';
import { activity, brief } from './support.ts';

/** Adds to a total; refuses what is negative; gives back the total. */
export const deposit: UpdateDefinition<number, [number]> = defineUpdate('deposit');
/** Waits for `go`, then gives back this value. */
export const waitForGo: UpdateDefinition<string, [string]> = defineUpdate('waitForGo');
/** Calls the activity of this name. */
export const callActivity: UpdateDefinition<unknown, [string]> = defineUpdate('callActivity');
/** Fails. */
export const failUpdate: UpdateDefinition<void, [string]> = defineUpdate('failUpdate');
/** Ends the workflow and gives back its argument. */
export const endBy: UpdateDefinition<string, [string]> = defineUpdate('endBy');
/** Tells the id and name of the update. */
export const whoAmI: UpdateDefinition<unknown> = defineUpdate('whoAmI');
/** Lets `waitForGo` go on. */
export const go: SignalDefinition = defineSignal('go');

/** Takes updates until `finish`; gives back the order of things. */
export async function takeUpdates(): Promise<unknown[]> {
  const log: unknown[] = [];
  let total = 0;
  let going = false;
  let finished = false;
  setHandler(go, () => void (going = true));
  setHandler(finish, () => void (finished = true));
  setHandler(
    deposit,
    (amount) => {
      log.push(amount);
      return (total += amount);
    },
    {
      validator: (amount) => {
        if (amount < 0) throw ApplicationFailure.create({ message: 'negative', type: 'Invalid', details: [amount] });
      },
    },
  );
  setHandler(waitForGo, async (value) => {
    log.push(`begin ${value}`);
    await condition(() => going);
    log.push(`end ${value}`);
    return value;
  });
  setHandler(callActivity, async (type) => await activity(type, brief)(total));
  setHandler(failUpdate, (message) => {
    throw ApplicationFailure.nonRetryable(message, 'Purpose', 7);
  });
  setHandler(endBy, (value) => {
    finished = true;
    return value;
  });
  setHandler(whoAmI, () => {
    const { id, name } = currentUpdateInfo() ?? {};
    return { id, name };
  });
  await condition(() => finished && allHandlersFinished());
  return log;
}

/** Ends with `finish`, whether or not updates still wait for `go`. */
export async function endWithoutUpdates(): Promise<string> {
  let finished = false;
  let going = false;
  setHandler(go, () => void (going = true));
  setHandler(finish, () => void (finished = true));
  setHandler(waitForGo, async (value) => {
    await condition(() => going);
    return value;
  });
  await condition(() => finished);
  return 'ended';
}

/** Sets the handler of `whoAmI` at `finish`. */
export async function handleUpdatesLate(): Promise<void> {
  let finished = false;
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  setHandler(whoAmI, () => 'late');
  await condition(() => false);
}

/** Takes `whoAmI`, and is over with its first task. */
export async function endWithFirstTask(): Promise<string> {
  setHandler(whoAmI, () => 'first task');
  return 'over';
}
