import type { temporal } from '@temporalio/proto';
import type { Failure } from '../proto.ts';
import { durationMs, RetryState, TimeoutType, toDuration, toMillis } from '../proto.ts';

type RetryPolicy = temporal.api.common.v1.IRetryPolicy;

/** What comes after a failed attempt: another one after a delay, or none and why. */
export type RetryDecision =
  | { readonly retry: true; readonly delayMs: number }
  | { readonly retry: false; readonly state: temporal.api.enums.v1.RetryState };

/** The facts that a retry depends on. Times in milliseconds since the epoch. */
export interface RetryQuestion {
  readonly policy: RetryPolicy | undefined;
  /** The attempt that just failed, from 1. */
  readonly attempt: number;
  readonly failure: Failure | undefined;
  readonly now: number;
  /** No attempt may begin after this; 0 for never. */
  readonly expiresAt: number;
}

const defaults = { initialIntervalMs: 1000, backoffCoefficient: 2, maximumIntervalFactor: 100 };

/** Fills in what a retry policy leaves open, with Temporal's defaults: 1 s, doubling, at most 100 times the first, without end. */
export function withRetryDefaults(policy: RetryPolicy | null | undefined): RetryPolicy {
  const initial = durationMs(policy?.initialInterval) || defaults.initialIntervalMs;
  return {
    initialInterval: toDuration(initial),
    backoffCoefficient: policy?.backoffCoefficient || defaults.backoffCoefficient,
    maximumInterval: toDuration(durationMs(policy?.maximumInterval) || initial * defaults.maximumIntervalFactor),
    maximumAttempts: policy?.maximumAttempts ?? 0,
    ...(policy?.nonRetryableErrorTypes?.length ? { nonRetryableErrorTypes: policy.nonRetryableErrorTypes } : {}),
  };
}

/** Why a retry policy is not valid; `undefined` when it is. Messages are those of a Temporal server. */
export function retryPolicyProblem(policy: RetryPolicy): string | undefined {
  if (policy.maximumAttempts === 1) return undefined;
  const initial = durationMs(policy.initialInterval);
  const maximum = durationMs(policy.maximumInterval);
  if (initial < 0) return 'invalid InitialInterval set on retry policy: negative duration';
  if ((policy.backoffCoefficient ?? 0) < 1) return 'BackoffCoefficient cannot be less than 1 on retry policy.';
  if (maximum < 0) return 'invalid MaximumInterval set on retry policy: negative duration';
  if (maximum > 0 && maximum < initial) return 'MaximumInterval cannot be less than InitialInterval on retry policy.';
  if ((policy.maximumAttempts ?? 0) < 0) return 'MaximumAttempts cannot be negative on retry policy.';
  return undefined;
}

/** Decides whether a failed attempt is followed by another (`getBackoffInterval` of Temporal's server). */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { policy, attempt, failure } = question;
  if (policy === undefined) return { retry: false, state: RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET };
  if (!isRetryable(failure, policy.nonRetryableErrorTypes ?? [])) {
    return { retry: false, state: RetryState.RETRY_STATE_NON_RETRYABLE_FAILURE };
  }
  if (policy.maximumAttempts && attempt >= policy.maximumAttempts) {
    return { retry: false, state: RetryState.RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED };
  }
  const delayMs = delayBefore(question, policy);
  if (delayMs === undefined || (question.expiresAt > 0 && question.now + delayMs > question.expiresAt)) {
    return { retry: false, state: RetryState.RETRY_STATE_TIMEOUT };
  }
  return { retry: true, delayMs };
}

/** A delay that the failure itself asks for counts whatever the policy's maximum. */
function delayBefore({ attempt, failure }: RetryQuestion, policy: RetryPolicy): number | undefined {
  const asked = toMillis(failure?.applicationFailureInfo?.nextRetryDelay);
  if (asked !== undefined) return asked;
  const interval = durationMs(policy.initialInterval) * (policy.backoffCoefficient ?? 1) ** (attempt - 1);
  const maximum = durationMs(policy.maximumInterval);
  if (maximum === 0) return interval > 0 ? interval : undefined;
  return interval <= 0 || interval > maximum ? maximum : interval;
}

function isRetryable(failure: Failure | undefined, nonRetryableTypes: readonly string[]): boolean {
  if (failure === undefined) return true;
  if (failure.terminatedFailureInfo || failure.canceledFailureInfo) return false;
  if (failure.timeoutFailureInfo) {
    const type = failure.timeoutFailureInfo.timeoutType;
    if (type === TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE)
      return !nonRetryableTypes.includes('TemporalTimeout:StartToClose');
    if (type === TimeoutType.TIMEOUT_TYPE_HEARTBEAT) return !nonRetryableTypes.includes('TemporalTimeout:Heartbeat');
    return false;
  }
  if (failure.serverFailureInfo) return failure.serverFailureInfo.nonRetryable !== true;
  const application = failure.applicationFailureInfo;
  if (!application) return true;
  return application.nonRetryable !== true && !nonRetryableTypes.includes(application.type ?? '');
}
