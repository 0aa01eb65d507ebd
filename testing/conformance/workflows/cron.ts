import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  executeChild,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { QueryDefinition } from '@temporalio/workflow';

/** What a run knows of those before it. */
export interface SeenBefore {
  readonly lastResult: unknown;
  readonly lastFailure: string | undefined;
  readonly attempt: number;
  readonly cronSchedule: string | undefined;
  /** Milliseconds from the schedule's time before to this one; only whether there is a time. */
  readonly hasInterval: boolean;
}

/** What the run knows of those before it. */
export const seenBefore: QueryDefinition<SeenBefore> = defineQuery('seenBefore');

async function waitHere(): Promise<never> {
  await condition(() => false);
  throw new Error('never');
}

function answerSeen(): void {
  const { lastResult, lastFailure, attempt, cronSchedule, cronScheduleToScheduleInterval } = workflowInfo();
  const message = lastFailure?.cause instanceof Error ? lastFailure.cause.message : lastFailure?.message;
  const hasInterval = Number(cronScheduleToScheduleInterval) > 0;
  setHandler(seenBefore, () => ({ lastResult, lastFailure: message, attempt, cronSchedule, hasInterval }));
}

/** Returns how many runs there were; the one that is the limit waits for its end. */
export async function countRuns(limit: number): Promise<number> {
  answerSeen();
  const runs = Number(workflowInfo().lastResult ?? 0) + 1;
  return runs < limit ? runs : await waitHere();
}

/** The first run returns, the second fails, the third waits for its end. */
export async function returnThenFail(): Promise<string> {
  answerSeen();
  const { lastResult, lastFailure } = workflowInfo();
  if (lastResult === undefined) return 'result';
  if (lastFailure === undefined) throw ApplicationFailure.nonRetryable('second run');
  return await waitHere();
}

/** Fails, and waits in the run that the schedule begins after that. */
export async function failTwice(): Promise<string> {
  answerSeen();
  const { attempt, lastFailure } = workflowInfo();
  if (attempt === 2 || lastFailure === undefined) throw ApplicationFailure.create({ message: `attempt ${attempt}` });
  return await waitHere();
}

/** Goes on as a new run, once. */
export async function continueOnSchedule(again: boolean): Promise<string> {
  answerSeen();
  if (again) await continueAsNew<typeof continueOnSchedule>(false);
  return workflowInfo().cronSchedule ?? 'no schedule';
}

/** Starts a child with a schedule, and tells how it ended. */
export async function scheduleChild(workflowId: string, cronSchedule: string): Promise<string> {
  try {
    await executeChild(countRuns, { workflowId, cronSchedule, args: [2] });
    return 'returned';
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.name : String(error);
  }
}
