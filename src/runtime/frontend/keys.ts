import type { RunKey, RunRecord } from '../../core/record.ts';

/** The run's key alone. */
export function keyOf({ namespace, workflowId, runId }: RunRecord): RunKey {
  return { namespace, workflowId, runId };
}
