import type { coresdk } from '@temporalio/proto';
import { REPLAY_REQUEST_SOURCE } from '../core/activations/replay-request.ts';

export { isReplayRequest } from '../core/activations/replay-request.ts';

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

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
