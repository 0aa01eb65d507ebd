/** The `index`th call (from 1) of the message of a step (from 1). Unique within a chain of runs, whatever the model says. */
export function toolCallId(step: number, index: number): string {
  return `s${step}.${index}`;
}

/** Where a call stands among those of its step. Ids of another form come last. */
export function callOrder(id: string): number {
  const match = /^s\d+\.(\d+)$/.exec(id);
  return match ? Number(match[1]) : Number.MAX_SAFE_INTEGER;
}

/** Id of a wait of the run with this path. */
export function waitId(path: string, name: string): string {
  return `${path}${name}`;
}

/** Path of the sub-agent that answers a call of the run with this path. */
export function childPath(path: string, callId: string): string {
  return `${path}${callId}/`;
}

/** Workflow id of the sub-agent that answers a call. */
export function childWorkflowId(parent: string, callId: string, agent: string): string {
  return `${parent}/${callId}.${agent}`;
}

/**
 * What the keys of a run's calls begin with: the same throughout a chain of runs. When the whole run is tried again, its calls are other ones.
 * @param carried of the run before.
 * @param attempt of the run, from 1.
 */
export function keyScope(carried: string | undefined, firstRunId: string, attempt: number): string {
  const scope = carried ?? firstRunId;
  return attempt > 1 ? `${scope}.${attempt}` : scope;
}

/** The same for every attempt and replay of a call, and for no other call. `scope` is that of the run. */
export function idempotencyKey(scope: string, callId: string): string {
  return `${scope}:${callId}`;
}
