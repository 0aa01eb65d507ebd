import type { Failure } from '../proto.ts';
import { RETRIED_FAILURE_SIZE } from '../limits.ts';
import { failureSize, truncateUtf8, utf8Length } from '../sizes.ts';

const exceeds = 'Failure exceeds size limit.';
/** Deepest cause that is kept. */
const deepest = 20;

/** A failure as a server keeps one that is larger than `limit` bytes: as the cause of its own, cut to `kept` bytes. */
export function withinLimit(failure: Failure, limit: number, kept: number, nonRetryable: boolean): Failure {
  if (failureSize(failure) <= limit) return failure;
  return serverFailure(exceeds, nonRetryable, truncateFailure(failure, kept, deepest));
}

/** The failure of an attempt that is followed by another. */
export function retriedFailure(failure: Failure): Failure {
  return withinLimit(failure, RETRIED_FAILURE_SIZE, RETRIED_FAILURE_SIZE, false);
}

/** A failure in the server's own words. */
export function serverFailure(message: string, nonRetryable: boolean, cause?: Failure): Failure {
  return { message, serverFailureInfo: { nonRetryable }, ...(cause === undefined ? {} : { cause }) };
}

/** Texts get what is left of the bytes in the order of their importance; details, and what kind of failure it was otherwise, are let go. */
function truncateFailure(failure: Failure, bytes: number, depth: number): Failure {
  let left = bytes;
  const cut = (text: string | null | undefined): string => {
    const kept = truncateUtf8(text ?? '', left);
    left -= kept === '' ? 0 : utf8Length(kept) + 4;
    return kept;
  };
  const result: Failure = {};
  const { applicationFailureInfo: application, serverFailureInfo: server } = failure;
  if (application) {
    result.applicationFailureInfo = { nonRetryable: application.nonRetryable ?? false, type: cut(application.type) };
    left -= 8;
  } else if (server) {
    result.serverFailureInfo = { nonRetryable: server.nonRetryable ?? false };
    left -= 4;
  }
  result.source = cut(failure.source);
  result.message = cut(failure.message);
  result.stackTrace = cut(failure.stackTrace);
  if (failure.cause && left > 4 && depth > 0) result.cause = truncateFailure(failure.cause, left - 4, depth - 1);
  return result;
}
