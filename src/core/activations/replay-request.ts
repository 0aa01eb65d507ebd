import type { coresdk } from '@temporalio/proto';

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/**
 * `failure.source` of a completion by which the host asks for a replay: the run is gone from its thread through no fault of its own (or
 * has to move to a thread with promise hooks). The run cache evicts the run and gives its workflow task to a new one, which replays the
 * history; no failed workflow task is reported. Any other core takes it as an ordinary failure of the task, which has the same effect one
 * task later.
 */
export const REPLAY_REQUEST_SOURCE = 'perdure.host/replay';

/** Whether a completion asks for eviction and replay instead of answering the activation. */
export function isReplayRequest(completion: Completion): boolean {
  return completion.failed?.failure?.source === REPLAY_REQUEST_SOURCE;
}
