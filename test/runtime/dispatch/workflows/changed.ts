import * as wf from '@temporalio/workflow';
import { go, state } from './index.ts';

export * from './index.ts';

/** Old runs go the old way, new runs the new way. */
export async function child(input: string): Promise<string> {
  let given: string | undefined;
  wf.setHandler(go, (value) => void (given = value));
  wf.setHandler(state, () => 'changed');
  const way = wf.patched('new way') ? 'new' : 'old';
  if (way === 'new') await wf.sleep(1);
  if (input === 'wait') await wf.condition(() => given !== undefined);
  return way;
}

/** Runs an activity where the old code had a timer. */
export async function timersThenGo(): Promise<string> {
  const { greet } = wf.proxyActivities<{ greet(name: string): Promise<string> }>({ startToCloseTimeout: '1m' });
  return await greet('x');
}
