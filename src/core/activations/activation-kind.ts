import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { type Eviction, LEGACY_QUERY_ID, type RunOutput } from './workflow-task.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;

/** What an activation that is out is for; `auto` is one that the language side does not see. */
export type ActivationKind = 'normal' | 'eviction' | 'query' | 'auto';

/** What an output is for. */
export function activationKind(output: RunOutput): ActivationKind {
  if (output.kind !== 'activation') return 'auto';
  const [first] = output.activation.jobs ?? [];
  if (first?.removeFromCache) return 'eviction';
  return first?.queryWorkflow?.queryId === LEGACY_QUERY_ID ? 'query' : 'normal';
}

/** Whether what the run works on may be finished first. */
export function isPatient({ reason }: Eviction): boolean {
  return reason === EvictionReason.CACHE_FULL || reason === EvictionReason.WORKFLOW_EXECUTION_ENDING;
}

/** The activation by which a run leaves the cache. */
export function evictionActivation(
  runId: string,
  historyLength: number,
  eviction: Eviction,
): coresdk.workflow_activation.IWorkflowActivation {
  return { runId, historyLength, jobs: [{ removeFromCache: { ...eviction } }] };
}
