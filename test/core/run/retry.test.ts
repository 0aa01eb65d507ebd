// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { durationMs, RetryState, TimeoutType, toDuration } from '../../../src/core/proto.ts';
import type { Failure } from '../../../src/core/proto.ts';
import { decideRetry, retryPolicyProblem, withRetryDefaults } from '../../../src/core/run/retry.ts';

const now = 1_900_000_000_000;
const policy = fc.record({
  initialInterval: fc.integer({ min: 1, max: 100_000 }).map(toDuration),
  backoffCoefficient: fc.double({ min: 1, max: 10, noNaN: true }),
  maximumInterval: fc.integer({ min: 0, max: 10_000_000 }).map(toDuration),
  maximumAttempts: fc.nat(20),
});
const attempt = fc.integer({ min: 1, max: 1000 });
const expiry = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 1_000_000 }).map((ms) => now + ms),
);

const decide = (failure: Failure | undefined, nonRetryableErrorTypes: string[] = []) =>
  decideRetry({ policy: { ...withRetryDefaults({}), nonRetryableErrorTypes }, attempt: 1, failure, now, expiresAt: 0 });
const timeout = (timeoutType: number): Failure => ({ timeoutFailureInfo: { timeoutType } });

describe('a retry', () => {
  test('never comes after the last attempt or after the end of time', () => {
    fc.assert(
      fc.property(policy, attempt, expiry, (open, failed, expiresAt) => {
        const complete = withRetryDefaults(open);
        const decision = decideRetry({ policy: complete, attempt: failed, failure: {}, now, expiresAt });
        if (!decision.retry) return;
        if (complete.maximumAttempts) expect(failed).toBeLessThan(complete.maximumAttempts);
        if (expiresAt > 0) expect(now + decision.delayMs).toBeLessThanOrEqual(expiresAt);
        expect(decision.delayMs).toBeGreaterThan(0);
      }),
    );
  });

  test('waits longer each time by the coefficient, up to the maximum', () => {
    fc.assert(
      fc.property(policy, attempt, (open, failed) => {
        const complete = { ...withRetryDefaults(open), maximumAttempts: 0 };
        const delay = (each: number): number => {
          const decision = decideRetry({ policy: complete, attempt: each, failure: {}, now, expiresAt: 0 });
          return decision.retry ? decision.delayMs : NaN;
        };
        const maximum = durationMs(complete.maximumInterval);
        expect(delay(1)).toBe(Math.min(durationMs(complete.initialInterval), maximum));
        const expected = durationMs(complete.initialInterval) * (complete.backoffCoefficient ?? 1) ** failed;
        expect(delay(failed + 1)).toBeCloseTo(Math.min(expected, maximum), 3);
        expect(delay(failed + 1)).toBeGreaterThanOrEqual(delay(failed));
      }),
    );
  });

  test('waits as long as the failure asks for, whatever the maximum', () => {
    const failure = { applicationFailureInfo: { nextRetryDelay: toDuration(123_456) } };
    const complete = withRetryDefaults({ maximumInterval: toDuration(1000) });
    expect(decideRetry({ policy: complete, attempt: 1, failure, now, expiresAt: 0 })).toEqual({
      retry: true,
      delayMs: 123_456,
    });
    expect(decideRetry({ policy: complete, attempt: 1, failure, now, expiresAt: now + 1000 })).toEqual({
      retry: false,
      state: RetryState.RETRY_STATE_TIMEOUT,
    });
  });

  test('needs a policy', () => {
    expect(decideRetry({ policy: undefined, attempt: 1, failure: {}, now, expiresAt: 0 })).toEqual({
      retry: false,
      state: RetryState.RETRY_STATE_RETRY_POLICY_NOT_SET,
    });
  });

  test('without a maximum interval goes on growing, and without any interval there is none', () => {
    const growing = { initialInterval: toDuration(1000), backoffCoefficient: 2 };
    expect(decideRetry({ policy: growing, attempt: 12, failure: {}, now, expiresAt: 0 })).toEqual({
      retry: true,
      delayMs: 2_048_000,
    });
    expect(decideRetry({ policy: {}, attempt: 1, failure: {}, now, expiresAt: 0 })).toEqual({
      retry: false,
      state: RetryState.RETRY_STATE_TIMEOUT,
    });
  });

  test.each<[string, Failure | undefined, string[], boolean]>([
    ['no failure', undefined, [], true],
    ['an application failure', { applicationFailureInfo: { type: 'A' } }, [], true],
    ['one that says no', { applicationFailureInfo: { nonRetryable: true } }, [], false],
    ['one whose type is excluded', { applicationFailureInfo: { type: 'A' } }, ['A'], false],
    ['one of another type', { applicationFailureInfo: { type: 'A' } }, ['B'], true],
    ['a termination', { terminatedFailureInfo: {} }, [], false],
    ['a cancellation', { canceledFailureInfo: {} }, [], false],
    ['a server failure', { serverFailureInfo: {} }, [], true],
    ['a final server failure', { serverFailureInfo: { nonRetryable: true } }, [], false],
    ['a late end', timeout(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE), [], true],
    ['an excluded late end', timeout(TimeoutType.TIMEOUT_TYPE_START_TO_CLOSE), ['TemporalTimeout:StartToClose'], false],
    ['a missing heartbeat', timeout(TimeoutType.TIMEOUT_TYPE_HEARTBEAT), [], true],
    ['an excluded heartbeat', timeout(TimeoutType.TIMEOUT_TYPE_HEARTBEAT), ['TemporalTimeout:Heartbeat'], false],
    ['a late start', timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START), [], false],
    ['too late altogether', timeout(TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE), [], false],
    ['a failure of no kind', { message: 'no' }, [], true],
  ])('after %s', (_, failure, excluded, retried) => {
    expect(decide(failure, excluded).retry).toBe(retried);
  });
});

describe('a retry policy', () => {
  test('has the defaults of Temporal', () => {
    expect(withRetryDefaults(undefined)).toEqual({
      initialInterval: toDuration(1000),
      backoffCoefficient: 2,
      maximumInterval: toDuration(100_000),
      maximumAttempts: 0,
    });
  });

  test('with defaults is valid, and defaults of defaults are the same', () => {
    fc.assert(
      fc.property(policy, (open) => {
        const complete = withRetryDefaults(open);
        expect(withRetryDefaults(complete)).toEqual(complete);
        const problem = retryPolicyProblem(complete);
        const tooSmall = durationMs(complete.maximumInterval) < durationMs(complete.initialInterval);
        expect(problem === undefined).toBe(!tooSmall || complete.maximumAttempts === 1);
      }),
    );
  });

  test.each([
    [{ initialInterval: toDuration(-1) }, 'invalid InitialInterval set on retry policy: negative duration'],
    [{ maximumInterval: toDuration(-1) }, 'invalid MaximumInterval set on retry policy: negative duration'],
    [{ backoffCoefficient: 0.5 }, 'BackoffCoefficient cannot be less than 1 on retry policy.'],
    [{ maximumAttempts: -1 }, 'MaximumAttempts cannot be negative on retry policy.'],
    [
      { initialInterval: toDuration(2), maximumInterval: toDuration(1) },
      'MaximumInterval cannot be less than InitialInterval on retry policy.',
    ],
    [{ initialInterval: toDuration(-1), maximumAttempts: 1 }, undefined],
  ])('%j is refused', (open, problem) => {
    expect(retryPolicyProblem({ backoffCoefficient: 1, ...open })).toBe(problem);
  });
});
