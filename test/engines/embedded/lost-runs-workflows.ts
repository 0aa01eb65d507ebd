import { condition, defineSignal, setHandler } from '@temporalio/workflow';

/** Waits for `finish`. */
export async function waits(): Promise<string> {
  let finished = false;
  setHandler(defineSignal('finish'), () => void (finished = true));
  await condition(() => finished);
  return 'finished';
}

/** Never gives its thread back. */
export async function spins(): Promise<void> {
  for (;;);
}
