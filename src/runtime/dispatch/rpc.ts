import type { Clock } from '../../core/clock.ts';
import { grpcStatus, isMessageTooLarge, isServiceError } from '../errors.ts';

/** Failures that may go away by themselves. */
const RETRYABLE: ReadonlySet<number> = new Set([
  grpcStatus.DATA_LOSS,
  grpcStatus.INTERNAL,
  grpcStatus.UNKNOWN,
  grpcStatus.RESOURCE_EXHAUSTED,
  grpcStatus.ABORTED,
  grpcStatus.OUT_OF_RANGE,
  grpcStatus.UNAVAILABLE,
]);

const FIRST_DELAY_MS = 100;
const DELAY_FACTOR = 1.7;
const LONGEST_DELAY_MS = 5_000;
const GIVE_UP_AFTER_MS = 10_000;

/** Resolves at a time of the clock, or at once when the signal aborts. */
export function sleepUntil(clock: Clock, atMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const done = (): void => {
      cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const cancel = clock.schedule(atMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}

/** Calls, and calls again after failures that may go away, for about 10 seconds. Rejects with the last error. */
export async function withRetry<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  const giveUpAt = clock.now() + GIVE_UP_AFTER_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(delay * DELAY_FACTOR, LONGEST_DELAY_MS)) {
    try {
      return await call();
    } catch (error) {
      const retryable = isServiceError(error) && RETRYABLE.has(error.code) && !isMessageTooLarge(error);
      if (!retryable || clock.now() + delay > giveUpAt) throw error;
      await sleepUntil(clock, clock.now() + delay);
    }
  }
}
