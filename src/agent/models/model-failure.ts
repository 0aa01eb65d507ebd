import { ApplicationFailure } from '@temporalio/common';
import { FAILURE } from '../../workflow/protocol/index.ts';
import { redact } from '../redaction/index.ts';

/** What a failed model call says beside its message: the only detail of the `ApplicationFailure`. */
export interface ModelFailureDetail {
  /** The HTTP status of the provider's answer. */
  readonly status?: number;
  /** How the provider names the error. */
  readonly code?: string;
}

/** How a failed model call goes on. */
export interface ModelFailureOptions extends ModelFailureDetail {
  /** Whether another attempt may help. */
  readonly retryable: boolean;
  /** Before the next attempt, in milliseconds. */
  readonly delay?: number | undefined;
}

const longestMessage = 1000;

/**
 * The failure of a model call, typed `ModelFailed`. It has no cause: those of providers hold the request, and with it the prompt and the key.
 */
export function modelFailure(message: string, options: ModelFailureOptions): ApplicationFailure {
  const { retryable, delay, ...detail } = options;
  const text = redact(message.toWellFormed());
  return ApplicationFailure.create({
    type: FAILURE.modelFailed,
    message: text.length > longestMessage ? `${text.slice(0, longestMessage).toWellFormed()}…` : text,
    nonRetryable: !retryable,
    details: Object.keys(detail).length > 0 ? [detail] : [],
    ...(retryable && delay !== undefined ? { nextRetryDelay: delay } : {}),
  });
}
