import type { temporal } from '@temporalio/proto';
import type { Failure } from '../proto.ts';
import { ContinueAsNewInitiator, EventType, RetryState, toDuration, TimeoutType } from '../proto.ts';
import { closeRun, failTaskThatIsOut } from './close.ts';
import type { RunDraft } from './draft.ts';
import { inheritedResetPoints } from './reset-points.ts';
import { decideRetry } from './retry.ts';
import { inheritedPlace, startRun } from './start.ts';

/** What follows a run that failed or ran out of time. */
export interface RetryPlan {
  readonly retryState: temporal.api.enums.v1.RetryState;
  /** The run that follows; empty when none does. */
  readonly newExecutionRunId: string;
  /** Begins that run; to be called once the closing event is written. */
  readonly start: () => void;
}

/** Decides by the run's retry policy whether another run with the same input follows. */
export function planRetry(draft: RunDraft, failure: Failure | undefined, newId: () => string): RetryPlan {
  const { record } = draft;
  const decision = decideRetry({
    policy: record.retryPolicy,
    attempt: record.attempt,
    failure,
    now: draft.now,
    expiresAt: record.executionDeadline,
  });
  if (!decision.retry) return { retryState: decision.state, newExecutionRunId: '', start: () => undefined };
  const runId = newId();
  record.nextRunId = runId;
  const start = (): void => {
    draft.successors.push(startRetry(draft, { runId, requestId: newId(), failure, delayMs: decision.delayMs }));
  };
  return { retryState: RetryState.RETRY_STATE_IN_PROGRESS, newExecutionRunId: runId, start };
}

/** The run, or the chain that it belongs to, ran out of time. */
export function timeOutRun(draft: RunDraft, newId: () => string): void {
  failTaskThatIsOut(draft);
  const failure: Failure = {
    message: 'workflow timeout',
    source: 'Server',
    timeoutFailureInfo: { timeoutType: TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE },
  };
  const chainIsOver = draft.record.executionDeadline > 0 && draft.record.executionDeadline <= draft.now;
  const plan = chainIsOver ? undefined : planRetry(draft, failure, newId);
  closeRun(draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, {
    workflowExecutionTimedOutEventAttributes: {
      retryState: plan?.retryState ?? RetryState.RETRY_STATE_TIMEOUT,
      newExecutionRunId: plan?.newExecutionRunId ?? '',
    },
  });
  plan?.start();
}

interface Retry {
  readonly runId: string;
  readonly requestId: string;
  readonly failure: Failure | undefined;
  readonly delayMs: number;
}

function startRetry(draft: RunDraft, retry: Retry): RunDraft {
  const { record, now, startedAttributes } = draft;
  const started = startedAttributes ?? {};
  return startRun(
    {
      ...inheritedPlace(record),
      runId: retry.runId,
      requestId: retry.requestId,
      explicitTimeouts: Boolean(started.workflowRunTimeout),
      attributes: {
        ...started,
        identity: null,
        prevAutoResetPoints: inheritedResetPoints(draft),
        memo: record.memo ?? null,
        searchAttributes: record.searchAttributes ?? null,
        attempt: record.attempt + 1,
        initiator: ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_RETRY,
        continuedFailure: retry.failure ?? null,
        firstWorkflowTaskBackoff: toDuration(retry.delayMs),
      },
    },
    now,
  );
}
