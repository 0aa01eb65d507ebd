import { Context } from '@temporalio/activity';

const SLOWEST_MS = 1_000;

/**
 * Gives signs of life while an activity works: only so does it hear of a cancellation, and only so is a dead worker noticed. The worker sends
 * as few of them as it may.
 */
export async function withHeartbeat<T>(work: () => T | Promise<T>): Promise<T> {
  const context = Context.current();
  // Without a timeout it is 0.
  const heartbeatTimeoutMs = context.info.heartbeatTimeoutMs || Number.POSITIVE_INFINITY;
  context.heartbeat();
  const timer = setInterval(() => context.heartbeat(), Math.min(SLOWEST_MS, heartbeatTimeoutMs / 3));
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Does what may be cancelled: whatever it then throws, the activity ends as cancelled. */
export async function cancellable<T>(work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  try {
    return await work();
  } catch (error) {
    // Rejects with the cancellation.
    if (context.cancellationSignal.aborted) await context.cancelled;
    throw error;
  }
}
