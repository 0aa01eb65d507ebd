import { workflowInfo } from '@temporalio/workflow';
import { report } from './support.ts';

/** Gives back its arguments. */
export async function echo(...args: unknown[]): Promise<unknown> {
  return args;
}

/** Gives back the first argument. */
export async function identity(value?: unknown): Promise<unknown> {
  return value;
}

/** Returns nothing. */
export async function nothing(): Promise<void> {}

/** How many arguments came, and the type of each. */
export async function argumentTypes(...args: unknown[]): Promise<string[]> {
  return args.map((arg) => (arg === null ? 'null' : arg instanceof Uint8Array ? 'bytes' : typeof arg));
}

/** What a run knows about itself, as far as it can be foreseen. */
export async function aboutMe(): Promise<Record<string, unknown>> {
  const info = workflowInfo();
  return {
    workflowId: info.workflowId,
    runIdIsFirst: info.runId === info.firstExecutionRunId,
    workflowType: info.workflowType,
    taskQueue: info.taskQueue,
    namespace: info.namespace,
    attempt: info.attempt,
    memo: info.memo,
    searchAttributes: info.searchAttributes,
    parent: info.parent,
    root: info.root,
    continuedFromExecutionRunId: info.continuedFromExecutionRunId,
    historyLength: info.historyLength,
    continueAsNewSuggested: info.continueAsNewSuggested,
    executionTimeoutMs: info.executionTimeoutMs,
    runTimeoutMs: info.runTimeoutMs,
    taskTimeoutMs: info.taskTimeoutMs,
    cronSchedule: info.cronSchedule,
    startIsNow: Math.abs(info.startTime.getTime() - Date.now()) < 5_000,
    startsBeforeItRuns: info.startTime <= info.runStartTime,
  };
}

/** Awaits many promises that need no outside help. */
export async function promisesOnly(n: number): Promise<number> {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += await Promise.resolve(i);
  return sum + (await Promise.all([1, 2, 3].map(async (x) => x * 2))).length;
}

/** Tells the scenario a value. */
export async function tell(value: unknown): Promise<void> {
  report.value(value);
}
