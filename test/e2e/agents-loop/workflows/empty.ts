import { sleep } from '@temporalio/workflow';

/** What every workflow's bundle consists of. */
export async function empty(): Promise<void> {
  await sleep(1);
}
