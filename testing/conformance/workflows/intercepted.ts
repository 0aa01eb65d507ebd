import { condition, executeChild, setHandler } from '@temporalio/workflow';
import { finish, list } from './messages.ts';
import { activity, brief } from './support.ts';
import { deposit } from './updates.ts';

/** What the interceptors saw in this run; see `interceptors.ts`. */
export const seen: string[] = [];

/** Calls an activity and a child; takes queries, updates and signals. Gives back what its interceptors saw. */
export async function traced(): Promise<unknown> {
  let finished = false;
  setHandler(list, () => ['asked']);
  setHandler(deposit, (amount) => amount);
  setHandler(finish, () => void (finished = true));
  const activityTrace = await activity('trace', brief)();
  const childTrace = await executeChild(tracedChild);
  await condition(() => finished);
  return { seen, activityTrace, childTrace };
}

/** Gives back what its interceptors saw. */
export async function tracedChild(): Promise<string[]> {
  return seen;
}
