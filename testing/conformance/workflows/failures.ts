import { ActivityFailure, ApplicationFailure, CancelledFailure, workflowInfo } from '@temporalio/workflow';
import type { ActivityOptions } from '@temporalio/workflow';
import { explain } from '../explain.ts';
import type { Explained } from '../explain.ts';
import { activity, brief } from './support.ts';

/** What `failWith` throws: links from the outermost to the innermost. */
export interface Link {
  readonly message: string;
  readonly type?: string;
  readonly details?: unknown[];
  readonly nonRetryable?: boolean;
  readonly category?: 'BENIGN';
}

/** Fails with a chain of application failures. */
export async function failWith(links: readonly Link[]): Promise<void> {
  throw chain(links);
}

function chain([first, ...rest]: readonly Link[]): ApplicationFailure | undefined {
  if (!first) return undefined;
  const cause = chain(rest);
  return ApplicationFailure.create({ ...first, ...(cause ? { cause } : {}) });
}

/** Fails with an application failure whose cause is a plain error. */
export async function failWithPlainCause(): Promise<void> {
  throw ApplicationFailure.create({ message: 'outer', type: 'Outer', cause: new RangeError('inner') });
}

/** Throws a cancellation although nobody asked for one. */
export async function cancelItself(): Promise<void> {
  throw new CancelledFailure('enough');
}

/** Calls an activity and gives back what its failure says. */
export async function explainActivity(
  type: string,
  options: ActivityOptions = brief,
  ...args: unknown[]
): Promise<Explained[]> {
  try {
    await activity(type, options)(...args);
  } catch (error) {
    return [{ name: 'is ActivityFailure', message: String(error instanceof ActivityFailure) }, ...explain(error)];
  }
  return [];
}

/** Lets an activity's failure through. */
export async function failByActivity(type: string, options: ActivityOptions = brief): Promise<unknown> {
  return await activity(type, options)();
}

/** Catches an activity's failure and fails with one of its own that has it as cause. */
export async function wrapFailure(type: string): Promise<void> {
  try {
    await activity(type, brief)();
  } catch (error) {
    throw ApplicationFailure.create({ message: 'wrapped', type: 'Wrapper', cause: error as Error });
  }
}

/** Fails until this attempt, then gives back the attempt. */
export async function succeedAtAttempt(attempt: number, nonRetryable = false): Promise<number> {
  if (workflowInfo().attempt < attempt) {
    throw ApplicationFailure.create({ message: `attempt ${workflowInfo().attempt}`, type: 'NotYet', nonRetryable });
  }
  return workflowInfo().attempt;
}

/** Tells the failure of the run before. */
export async function explainLastFailure(): Promise<Explained[]> {
  const { attempt, lastFailure } = workflowInfo();
  if (attempt === 1) throw ApplicationFailure.create({ message: 'first', type: 'First', details: [1] });
  return explain(lastFailure);
}
