import type { temporal } from '@temporalio/proto';

/** A worker's answer to a workflow task breaks a rule: the answer is thrown away and the task fails with this cause. */
export class WorkflowTaskRefused extends Error {
  override readonly name = 'WorkflowTaskRefused';
  readonly failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause;

  constructor(failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause, message: string) {
    super(message);
    this.failedCause = failedCause;
  }
}
