import type { Context } from '@temporalio/activity';
import { modelFailure } from '../models/model-failure.ts';

/** What watches over a call: it ends with `signal`. */
export interface CallGuard extends Disposable {
  /** Aborts when the activity is cancelled, or its attempt is about to run out of time. */
  readonly signal: AbortSignal;
}

const defaultHeartbeat = 3000;
/** Before the server gives the attempt up, so that the reason can still be told. */
const headStart = 1000;

/**
 * Gives signs of life, without which a cancellation would never arrive, and ends the call before its attempt times out: a model that goes silent
 * would hold its connection otherwise.
 */
export function guardCall(context: Context): CallGuard {
  const { heartbeatTimeoutMs, startToCloseTimeoutMs } = context.info;
  const interval = heartbeatTimeoutMs ? Math.max(100, heartbeatTimeoutMs / 3) : defaultHeartbeat;
  const beating = setInterval(() => context.heartbeat(), interval);
  const deadline = new AbortController();
  const time = startToCloseTimeoutMs - Math.min(headStart, startToCloseTimeoutMs / 20);
  const timing =
    startToCloseTimeoutMs > 0 ? setTimeout(() => deadline.abort(tooSlow(startToCloseTimeoutMs)), time) : undefined;
  return {
    signal: AbortSignal.any([context.cancellationSignal, deadline.signal]),
    [Symbol.dispose]: () => {
      clearInterval(beating);
      clearTimeout(timing);
    },
  };
}

function tooSlow(timeout: number): Error {
  return modelFailure(`The model did not finish within ${timeout / 1000} s.`, { retryable: true, code: 'timeout' });
}
