import type { RunKey } from './record.ts';

/** A run's key as one string, for maps; lengths keep ids apart whatever characters they have. */
export function runName({ namespace, workflowId, runId }: RunKey): string {
  return `${namespace.length}:${workflowId.length}:${namespace}${workflowId}${runId}`;
}
