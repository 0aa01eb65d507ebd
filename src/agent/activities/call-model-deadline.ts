import type { Context } from '@temporalio/activity';
import { modelFailure } from '../models/model-failure.ts';

/** Ends a model call in time. */
export interface Deadline extends Disposable {
  /** Aborts when the activity is cancelled, or its attempt is about to run out of time. */
  readonly signal: AbortSignal;
}

/** Before the server gives the attempt up, so that the reason can still be told. */
const headStart = 1000;

/** Ends the call before its attempt times out: a model that goes silent would hold its connection otherwise, and nobody would know why. */
export function deadlineOf({ cancellationSignal, info: { startToCloseTimeoutMs } }: Context): Deadline {
  const deadline = new AbortController();
  const failure = modelFailure(`The model did not finish within ${startToCloseTimeoutMs / 1000} s.`, {
    retryable: true,
    code: 'timeout',
  });
  const time = startToCloseTimeoutMs - Math.min(headStart, startToCloseTimeoutMs / 20);
  const timer = startToCloseTimeoutMs > 0 ? setTimeout(() => deadline.abort(failure), time) : undefined;
  return {
    signal: AbortSignal.any([cancellationSignal, deadline.signal]),
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
