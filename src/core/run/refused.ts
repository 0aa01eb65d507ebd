import type { temporal } from '@temporalio/proto';
import { WorkflowTaskFailedCause } from '../proto.ts';

/** A worker's answer to a workflow task breaks a rule: the answer is thrown away and the task fails with this cause. */
export class WorkflowTaskRefused extends Error {
  override readonly name = 'WorkflowTaskRefused';
  readonly failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause;
  /** Whether trying again makes no sense: the run is terminated. */
  readonly terminates: boolean;

  /** @param detail what is wrong; the message begins with the name of the cause, as a server's does. */
  constructor(
    failedCause: temporal.api.enums.v1.WorkflowTaskFailedCause,
    detail = '',
    { terminates = false }: { readonly terminates?: boolean } = {},
  ) {
    super(detail === '' ? causeName(failedCause) : `${causeName(failedCause)}: ${detail}`);
    this.failedCause = failedCause;
    this.terminates = terminates;
  }
}

/** As servers write it: `BadScheduleActivityAttributes`. */
function causeName(cause: temporal.api.enums.v1.WorkflowTaskFailedCause): string {
  return (WorkflowTaskFailedCause[cause] ?? '')
    .slice('WORKFLOW_TASK_FAILED_CAUSE_'.length)
    .toLowerCase()
    .replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
