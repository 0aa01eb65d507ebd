import { continueAsNew, executeChild, proxyActivities } from '@temporalio/workflow';

const { note } = proxyActivities<{ note(text: string): Promise<void> }>({ startToCloseTimeout: '1 minute' });

/** Notes, goes on as new, and then has a child that notes. */
export async function traced(round: number): Promise<void> {
  await note(`round ${round}`);
  if (round < 2) await continueAsNew<typeof traced>(round + 1);
  await executeChild(tracedChild);
}

export async function tracedChild(): Promise<void> {
  await note('child');
}
