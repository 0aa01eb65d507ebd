import type { temporal } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';

/** A worker's answer to a workflow task breaks a rule: the answer is thrown away and the task fails with this cause. */
export class WorkflowTaskRefused extends Error {
  override readonly name = 'WorkflowTaskRefused';
  readonly failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause;

  /** @param details what a server says after the name of the cause. */
  constructor(failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause, details?: string) {
    super(details === undefined ? nameOf(failedCause) : `${nameOf(failedCause)}: ${details}`);
    this.failedCause = failedCause;
  }
}

/** A cause as servers name it: `BadSearchAttributes`. */
function nameOf(cause: temporal.api.enums.v1.WorkflowTaskFailedCause): string {
  const words = (WorkflowTaskFailedCause[cause] ?? '').replace('WORKFLOW_TASK_FAILED_CAUSE_', '').toLowerCase();
  return words.replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
