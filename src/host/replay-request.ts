import type { coresdk } from '@temporalio/proto';

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/**
 * `failure.source` of a completion by which the host asks for a replay: the run is gone from its thread through no fault of its own (or
 * has to move to a thread with promise hooks). A core that knows the mark evicts the run, replays its history and then delivers the
 * same jobs again, and reports no failed workflow task. Any other core takes it as an ordinary failure of the task, which has the same
 * effect one task later.
 */
const REPLAY_REQUEST_SOURCE = 'perdure.host/replay';

/** Whether a completion asks for eviction and replay instead of answering the activation. */
export function isReplayRequest(completion: Completion): boolean {
  return completion.failed?.failure?.source === REPLAY_REQUEST_SOURCE;
}

/** A completion that asks for a replay. The message is what people see on a core that does not know the mark. */
export function replayRequest(runId: string, message: string): Completion {
  return { runId, failed: { failure: { source: REPLAY_REQUEST_SOURCE, message, ...APPLICATION } } };
}

/** A completion that fails the workflow task, in the form of the SDK's own failures. */
export function failedTask(runId: string, message: string): Completion {
  const stackTrace = `Error: ${message}`;
  return { runId, failed: { failure: { source: 'TypeScriptSDK', message, stackTrace, ...APPLICATION } } };
}

const APPLICATION = { applicationFailureInfo: { type: 'Error', nonRetryable: false } };
