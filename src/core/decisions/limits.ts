import type { temporal } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';
import { BLOB_SIZE, LONGEST_ID, MEMO_SIZE, MOST_PENDING } from '../limits.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';
import { memoSize, utf8Length } from '../sizes.ts';

type Cause = temporal.api.enums.v1.WorkflowTaskFailedCause;

const terminates = { terminates: true } as const;

/** Refuses a value that is too large, and ends the run: it would be too large again. @throws WorkflowTaskRefused */
export function refuseLargeBlob(size: number, cause: Cause, message: string): void {
  if (size > BLOB_SIZE) throw new WorkflowTaskRefused(cause, message, terminates);
}

/** Refuses a memo that is too large, and ends the run. @throws WorkflowTaskRefused */
export function refuseLargeMemo(
  memo: temporal.api.common.v1.IMemo | null | undefined,
  cause: Cause,
  message: string,
): void {
  if (memoSize(memo) > MEMO_SIZE) throw new WorkflowTaskRefused(cause, message, terminates);
}

/** Refuses an id or a name that is too long. @param message gets the length and the limit, as servers write them. @throws WorkflowTaskRefused */
export function refuseLong(
  text: string | null | undefined,
  cause: Cause,
  message: (lengthAndLimit: string) => string,
): void {
  const length = utf8Length(text ?? '');
  if (length > LONGEST_ID) throw new WorkflowTaskRefused(cause, message(`Length=${length} Limit=${LONGEST_ID}`));
}

/** What a run may have only so much of at a time. */
export type Pending = 'activities' | 'children' | 'signals' | 'cancelRequests';

const pendingNames: Readonly<Record<Pending, readonly [Cause, string]>> = {
  activities: [
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_PENDING_ACTIVITIES_LIMIT_EXCEEDED,
    'pending activities',
  ],
  children: [
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED,
    'pending child workflow executions',
  ],
  signals: [
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_PENDING_SIGNALS_LIMIT_EXCEEDED,
    'pending signals to external workflows',
  ],
  cancelRequests: [
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED,
    'pending requests to cancel external workflows',
  ],
};

/** Refuses one more of what a run has too much of already. @throws WorkflowTaskRefused */
export function refuseMany(what: Pending, pending: number): void {
  if (pending < MOST_PENDING) return;
  const [cause, name] = pendingNames[what];
  throw new WorkflowTaskRefused(
    cause,
    `the number of ${name}, ${pending}, has reached the per-workflow limit of ${MOST_PENDING}`,
  );
}
