import {
  ApplicationFailure,
  ParentClosePolicy,
  condition,
  continueAsNew,
  defineSignal,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
  startChild,
  uuid4,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { ContinueAsNewOptions, SignalDefinition } from '@temporalio/workflow';
import { report } from './support.ts';

/** Counts down, a run for each step; gives back how it went. */
export async function countDown(n: number, trail: number[] = []): Promise<number[]> {
  if (n === 0) return [...trail, 0];
  return await continueAsNew<typeof countDown>(n - 1, [...trail, n]);
}

/** Continues once with the given options, then tells what it knows about itself. */
export async function continueWith(options: ContinueAsNewOptions | null): Promise<Record<string, unknown>> {
  if (options) {
    await makeContinueAsNewFunc<typeof continueWith>(options)(null);
  }
  const info = workflowInfo();
  return {
    workflowType: info.workflowType,
    taskQueue: info.taskQueue,
    memo: info.memo,
    searchAttributes: info.searchAttributes,
    runTimeoutMs: info.runTimeoutMs,
    executionTimeoutMs: info.executionTimeoutMs,
    taskTimeoutMs: info.taskTimeoutMs,
    attempt: info.attempt,
    continued: info.continuedFromExecutionRunId !== undefined,
    firstIsOther: info.firstExecutionRunId !== info.runId,
    firstIsBefore: info.firstExecutionRunId === info.continuedFromExecutionRunId,
  };
}

/** Changes its memo, then continues. */
export async function changeAndContinue(again = false): Promise<unknown> {
  if (!again) {
    upsertMemo({ added: 'in the first run' });
    await continueAsNew<typeof changeAndContinue>(true);
  }
  return workflowInfo().memo;
}

export const release: SignalDefinition = defineSignal('release');

/** Waits for its release; without it, for ever. */
export async function waitForRelease(): Promise<string> {
  let released = false;
  setHandler(release, () => void (released = true));
  await condition(() => released);
  return 'released';
}

/** Starts a child, and continues as new at its own release, while the child runs. */
export async function continueOverChild(
  policy: keyof typeof ParentClosePolicy | null,
  childId: string,
  again = false,
): Promise<string> {
  if (again) return 'continued';
  const options = policy === null ? {} : { parentClosePolicy: ParentClosePolicy[policy] };
  await startChild(waitForRelease, { workflowId: childId, ...options });
  await waitForRelease();
  return await continueAsNew<typeof continueOverChild>(policy, childId, true);
}

/** Leaves a timer and a condition behind when it continues. */
export async function continueOverTimer(again = false): Promise<string> {
  if (again) return 'continued';
  void sleep('1 hour').catch(() => {});
  await sleep(1);
  return await continueAsNew<typeof continueOverTimer>(true);
}

/** Continues when it is released; tells in which run it was. */
export async function continueOnRelease(run = 1): Promise<number> {
  if (run === 3) return run;
  await waitForRelease();
  return await continueAsNew<typeof continueOnRelease>(run + 1);
}

/** Continues, and fails then. */
export async function continueAndFail(again = false): Promise<void> {
  if (again) throw ApplicationFailure.create({ message: 'in the second run', type: 'Second' });
  await continueAsNew<typeof continueAndFail>(true);
}

/** Continues, with a sample of chance of each run. */
export async function continueWithChance(again = false): Promise<void> {
  report.value(uuid4());
  if (!again) await continueAsNew<typeof continueWithChance>(true);
}

/** Fails once in the second run, which is then tried again. */
export async function continueAndRetry(again = false): Promise<unknown> {
  if (!again) await continueAsNew<typeof continueAndRetry>(true);
  const { attempt } = workflowInfo();
  if (attempt === 1) throw ApplicationFailure.create({ message: 'not yet' });
  return { again, attempt };
}
