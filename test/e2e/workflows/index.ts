/** Workflows that are bad neighbours, and one that has to live with them. */
import { condition, defineQuery, defineSignal, setHandler, sleep } from '@temporalio/workflow';

/** Counts what it is told, until it is told to end. */
export async function counts(): Promise<number> {
  let count = 0;
  let finished = false;
  setHandler(defineSignal('count'), () => void count++);
  setHandler(defineSignal('finish'), () => void (finished = true));
  setHandler(defineQuery('count'), () => count);
  await condition(() => finished);
  await sleep(10);
  return count;
}

/** Never gives its thread back. */
export async function loops(): Promise<void> {
  await sleep(10);
  for (;;);
}

/** Takes all memory there is. */
export async function hoards(): Promise<number> {
  await sleep(10);
  const hoard: number[][] = [];
  for (;;) hoard.push(Array.from({ length: 100_000 }, (_, i) => i + Math.random()));
}
