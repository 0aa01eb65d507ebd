import { condition, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow';
import { finish } from './messages.ts';

/** Counts the runs of a schedule, each by the result of the one before. */
export async function numberOfRun(): Promise<number> {
  return ((workflowInfo().lastResult as number | undefined) ?? 0) + 1;
}

/** Waits until it may finish, in as many runs as asked for. */
export async function finishAfterRuns(runs: number): Promise<string> {
  let mayFinish = false;
  setHandler(finish, () => void (mayFinish = true));
  if (runs > 1) await continueAsNew<typeof finishAfterRuns>(runs - 1);
  await condition(() => mayFinish);
  return 'finished';
}
