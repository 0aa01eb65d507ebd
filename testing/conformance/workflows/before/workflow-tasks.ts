import { condition, defineSignal, setHandler, sleep } from '@temporalio/workflow';
import { activity, brief } from '../support.ts';

/** The older code: sleeps first. */
export async function changedInTheMiddle(): Promise<string> {
  let ended = false;
  setHandler(defineSignal('end'), () => void (ended = true));
  await sleep(20);
  await condition(() => ended);
  return 'older';
}

/** The older code: another type of activity. */
export async function changedActivity(): Promise<string> {
  await activity('oldType', brief)();
  return 'older';
}
