import { WorkflowExecutionStatus } from '../proto.ts';
import type { RunRecord } from '../record.ts';

/** Whether a run is paused: open, but nothing of it is given to workers. */
export function isPaused({ status }: Pick<RunRecord, 'status'>): boolean {
  return status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_PAUSED;
}
