import { WorkflowExecutionStatus } from '../proto.ts';

/** The statuses of runs that are open: whatever else may happen, they can go on. */
export const OPEN_STATUSES: readonly number[] = [
  WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
  WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED,
];

/** Whether a run with this status is open. For where only the status is at hand; a record says it by having no `closeTime`. */
export function isOpen(status: number): boolean {
  return OPEN_STATUSES.includes(status);
}
