import type { temporal } from '@temporalio/proto';
import { durationMs, type Failure, toDuration, toMillis } from '../../core/proto.ts';

type RetryPolicy = temporal.api.common.v1.IRetryPolicy;

const DEFAULT_INTERVAL_MS = 1000;
const DEFAULT_COEFFICIENT = 2;
const DEFAULT_MAXIMUM_FACTOR = 100;

/** The policy by which a local activity is tried again: what is left open or makes no sense has the defaults. */
export function localRetryPolicy(policy: RetryPolicy | null | undefined): RetryPolicy {
  const initial = toMillis(policy?.initialInterval) ?? DEFAULT_INTERVAL_MS;
  const maximum = policy?.maximumInterval
    ? Math.max(durationMs(policy.maximumInterval), initial)
    : initial * DEFAULT_MAXIMUM_FACTOR;
  const coefficient = policy?.backoffCoefficient ?? 0;
  return {
    initialInterval: toDuration(initial),
    backoffCoefficient: coefficient >= 1 ? coefficient : DEFAULT_COEFFICIENT,
    maximumInterval: toDuration(maximum),
    maximumAttempts: Math.max(0, policy?.maximumAttempts ?? 0),
    nonRetryableErrorTypes: policy?.nonRetryableErrorTypes ?? [],
  };
}

/**
 * How long to wait before a local activity is tried again, in milliseconds; `undefined` when it is not.
 * @param attempt the attempt that failed, from 1
 */
export function localRetryDelay(
  policy: RetryPolicy | null | undefined,
  attempt: number,
  failure: Failure | null | undefined,
): number | undefined {
  const { maximumAttempts, nonRetryableErrorTypes, initialInterval, maximumInterval, backoffCoefficient } =
    localRetryPolicy(policy);
  if (maximumAttempts && attempt >= maximumAttempts) return undefined;
  const info = failure?.applicationFailureInfo;
  if (info?.nonRetryable) return undefined;
  const type = (info?.type ?? '').toLowerCase();
  if (nonRetryableErrorTypes?.some((name) => name.toLowerCase() === type)) return undefined;
  const asked = toMillis(info?.nextRetryDelay);
  if (asked !== undefined) return asked;
  const initial = durationMs(initialInterval);
  return attempt <= 1
    ? initial
    : Math.min(initial * (backoffCoefficient ?? 1) ** (attempt - 1), durationMs(maximumInterval));
}
