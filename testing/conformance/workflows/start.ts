import { workflowInfo } from '@temporalio/workflow';

/** The memo and the attempt that a run sees. */
export async function seenAtStart(): Promise<Record<string, unknown>> {
  const { memo, attempt, workflowId } = workflowInfo();
  return { memo, attempt, workflowId };
}
