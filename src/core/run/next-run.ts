import type { temporal } from '@temporalio/proto';
import { cronBackoff } from '../cron/backoff.ts';
import type { Failure, Payloads } from '../proto.ts';
import { ContinueAsNewInitiator, EventType, RetryState, toDuration, TimeoutType } from '../proto.ts';
import type { RunRecord } from '../record.ts';
import { closeRun, failTaskThatIsOut } from './close.ts';
import type { RunDraft } from './draft.ts';
import { inheritedResetPoints } from './reset-points.ts';
import { decideRetry } from './retry.ts';
import { inheritedPlace, startRun } from './start.ts';

type StartedAttributes = temporal.api.history.v1.IWorkflowExecutionStartedEventAttributes;

/** What follows a run that ended by itself. */
export interface NextRun {
  /** The run that follows; empty when none does. */
  readonly newExecutionRunId: string;
  /** Begins that run; to be called once the closing event is written. */
  readonly start: () => void;
}

/** What follows a run that failed or ran out of time. */
export interface NextRunAfterFailure extends NextRun {
  /** What the retry policy says. */
  readonly retryState: temporal.api.enums.v1.RetryState;
}

/** Whether another run may begin as this one did. */
export function mayStartAgain({ closeTime, retryPolicy, cronSchedule }: RunRecord): boolean {
  return closeTime === undefined && (retryPolicy !== undefined || cronSchedule !== undefined);
}

/** What the next run is told of those before. */
type Told = Pick<StartedAttributes, 'initiator' | 'attempt' | 'continuedFailure' | 'lastCompletionResult'>;

const noRun: NextRun = { newExecutionRunId: '', start: () => undefined };

/**
 * Decides by the run's retry policy, and then by its cron schedule, whether another run with the same input follows.
 * @param ending how the run ended: what runs before have completed with is forgotten by a retry after a failure, as on a Temporal server.
 */
export function planAfterFailure(
  draft: RunDraft,
  failure: Failure | undefined,
  newId: () => string,
  ending: 'failed' | 'timedOut' = 'failed',
): NextRunAfterFailure {
  const { record } = draft;
  const decision = decideRetry({
    policy: record.retryPolicy,
    attempt: record.attempt,
    failure,
    now: draft.now,
    expiresAt: record.executionDeadline,
  });
  const before = draft.startedEvent?.workflowExecutionStartedEventAttributes?.lastCompletionResult ?? null;
  const continuedFailure = failure ?? null;
  if (!decision.retry) {
    return {
      retryState: decision.state,
      ...planCron(draft, { continuedFailure, lastCompletionResult: before }, newId),
    };
  }
  const told = {
    initiator: ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_RETRY,
    attempt: record.attempt + 1,
    continuedFailure,
    lastCompletionResult: ending === 'failed' ? null : before,
  };
  return { retryState: RetryState.RETRY_STATE_IN_PROGRESS, ...planRun(draft, told, decision.delayMs, newId) };
}

/** Decides by the run's cron schedule whether another run with the same input follows one that completed. */
export function planAfterCompletion(
  draft: RunDraft,
  result: Payloads | null | undefined,
  newId: () => string,
): NextRun {
  return planCron(draft, { lastCompletionResult: result ?? null }, newId);
}

/** What runs that ran out of time have failed with, as the next one is told. */
export const workflowTimeout: Failure = {
  message: 'workflow timeout',
  source: 'Server',
  timeoutFailureInfo: { timeoutType: TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE },
};

/** The run, or the chain that it belongs to, ran out of time. */
export function timeOutRun(draft: RunDraft, newId: () => string): void {
  failTaskThatIsOut(draft);
  const chainIsOver = draft.record.executionDeadline > 0 && draft.record.executionDeadline <= draft.now;
  const plan = chainIsOver ? undefined : planAfterFailure(draft, workflowTimeout, newId, 'timedOut');
  closeRun(draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, {
    workflowExecutionTimedOutEventAttributes: {
      retryState: plan?.retryState ?? RetryState.RETRY_STATE_TIMEOUT,
      newExecutionRunId: plan?.newExecutionRunId ?? '',
    },
  });
  plan?.start();
}

function planCron(draft: RunDraft, told: Told, newId: () => string): NextRun {
  const { cronSchedule = '', executionTime } = draft.record;
  const delayMs = cronBackoff(cronSchedule, executionTime, draft.now);
  if (delayMs === undefined) return noRun;
  const initiator = ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE;
  return planRun(draft, { ...told, initiator, attempt: 1 }, delayMs, newId);
}

function planRun(draft: RunDraft, told: Told, delayMs: number, newId: () => string): NextRun {
  const [runId, requestId] = [newId(), newId()];
  draft.record.nextRunId = runId;
  return {
    newExecutionRunId: runId,
    start: () => void draft.successors.push(startAgain(draft, { runId, requestId }, told, delayMs)),
  };
}

/** What a run has in common with the one that it repeats. */
const repeated = [
  'workflowType',
  'taskQueue',
  'input',
  'header',
  'workflowExecutionTimeout',
  'workflowRunTimeout',
  'workflowTaskTimeout',
  'retryPolicy',
  'cronSchedule',
  'memo',
  'searchAttributes',
  'priority',
] as const;

function startAgain(
  draft: RunDraft,
  ids: { readonly runId: string; readonly requestId: string },
  told: Told,
  delayMs: number,
): RunDraft {
  const { startedEvent } = draft;
  const started = startedEvent?.workflowExecutionStartedEventAttributes ?? {};
  const attributes: StartedAttributes = {
    ...Object.fromEntries(repeated.map((name) => [name, started[name]])),
    ...told,
    prevAutoResetPoints: inheritedResetPoints(draft),
    firstWorkflowTaskBackoff: toDuration(delayMs),
  };
  return startRun(
    {
      ...inheritedPlace(draft.record),
      ...ids,
      explicitTimeouts: Boolean(started.workflowRunTimeout),
      attributes,
      ...(startedEvent?.links?.length ? { extra: { links: startedEvent.links } } : {}),
    },
    draft.now,
  );
}
