import {
  AISDKError,
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  LoadAPIKeyError,
  LoadSettingError,
  NoSuchModelError,
  NoSuchProviderReferenceError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { ApplicationFailure } from '@temporalio/common';
import { ConfigurationError } from '../../engine/index.ts';
import { modelFailure, type ModelFailureOptions } from './model-failure.ts';
import { retryDelay } from './retry-delay.ts';

/**
 * What an error of a model call means. Worth another attempt: 429 (after the provider's delay), 408, 409, 5xx, network errors, timeouts,
 * streams that end early or make no sense, and what is unknown. Final: other 4xx, a spent quota, a missing key, no such model, what the
 * model doesn't support.
 * @param now for delays that name a date, in milliseconds since the epoch.
 * @returns an `ApplicationFailure` of type `ModelFailed` whose message shows no key; one that was thrown is returned as it is.
 */
export function classifyModelError(error: unknown, now: number = Date.now()): ApplicationFailure {
  try {
    return classify(error, now);
  } catch {
    // Getters that throw: nothing more can be said about such an error.
    return modelFailure("The model's provider failed with an error that can't be read.", { retryable: true });
  }
}

function classify(error: unknown, now: number): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (ConfigurationError.is(error)) return modelFailure(error.message, { retryable: false, code: error.code });
  if (APICallError.isInstance(error)) return fromApiCall(error, now);
  if (isFinal(error)) return modelFailure(messageOf(error), { retryable: false, code: error.name });
  if (AISDKError.isInstance(error)) return modelFailure(messageOf(error), { retryable: true, code: error.name });
  return fromUnknown(error, now);
}

function isFinal(error: unknown): error is AISDKError {
  return (
    LoadAPIKeyError.isInstance(error) ||
    LoadSettingError.isInstance(error) ||
    NoSuchModelError.isInstance(error) ||
    NoSuchProviderReferenceError.isInstance(error) ||
    UnsupportedFunctionalityError.isInstance(error) ||
    InvalidPromptError.isInstance(error) ||
    InvalidArgumentError.isInstance(error)
  );
}

function fromApiCall(error: APICallError, now: number): ApplicationFailure {
  const { statusCode, responseHeaders, data } = error;
  const code = codeOf(data);
  const retryable = isRetryable(statusCode, error.isRetryable, code);
  const status = statusCode === undefined || statusCode < 400 ? '' : ` (HTTP ${statusCode})`;
  return modelFailure(`The model's provider failed${status}: ${messageOf(error)}`, {
    ...describe(retryable, statusCode, code),
    delay: retryDelay(responseHeaders, now),
  });
}

/** What a stream reports is often no error at all, but the provider's JSON. */
function fromUnknown(error: unknown, now: number): ApplicationFailure {
  const fields = isRecord(error) ? error : {};
  const code = codeOf(fields);
  const statusCode = typeof fields['statusCode'] === 'number' ? fields['statusCode'] : undefined;
  const stated = typeof fields['isRetryable'] === 'boolean' ? fields['isRetryable'] : undefined;
  const retryable =
    statusCode === undefined && stated === undefined
      ? code === undefined || !finalCode.test(code)
      : isRetryable(statusCode, stated ?? false, code);
  const headers = isRecord(fields['responseHeaders'])
    ? (fields['responseHeaders'] as Record<string, string>)
    : undefined;
  return modelFailure(`The model's provider failed: ${messageOf(error)}`, {
    ...describe(retryable, statusCode, code),
    delay: retryDelay(headers, now),
  });
}

function describe(retryable: boolean, status: number | undefined, code: string | undefined): ModelFailureOptions {
  return { retryable, ...(status === undefined ? {} : { status }), ...(code === undefined ? {} : { code }) };
}

const retryableStatuses = new Set([408, 409, 425, 429]);
/** Paid for by nobody: waiting doesn't help. */
const spent = /insufficient_quota|billing|credit/i;
const finalCode =
  /insufficient_quota|billing|invalid_request|invalid_prompt|bad_request|authentication|permission|unauthorized|forbidden|not_found|context_length|content_filter|content_policy|unsupported/i;

function isRetryable(status: number | undefined, stated: boolean, code: string | undefined): boolean {
  if (code !== undefined && spent.test(code)) return false;
  if (status === undefined) return stated;
  // Below 400 it was the answer that made no sense: cut, or of the wrong kind.
  return status < 400 || status >= 500 || retryableStatuses.has(status) || stated;
}

/** The provider's name of an error, wherever it puts it: `{ error: { code, type } }`, or without the outer object. */
function codeOf(data: unknown): string | undefined {
  if (!isRecord(data)) return undefined;
  const inner = isRecord(data['error']) ? data['error'] : data;
  const found = [inner['code'], inner['type'], inner['status']].find(
    (value) => typeof value === 'string' && value !== 'error',
  );
  return typeof found === 'string' ? found.slice(0, 100) : undefined;
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (isRecord(error)) {
    const inner = isRecord(error['error']) ? error['error'] : error;
    if (typeof inner['message'] === 'string' && inner['message'] !== '')
      return withCause(inner['message'], inner['cause']);
  }
  return error instanceof Error ? error.name : 'no reason was given';
}

/** `fetch failed` says little; what is behind it says more. */
function withCause(message: string, cause: unknown): string {
  if (!isRecord(cause) || typeof cause['message'] !== 'string' || cause['message'] === '') return message;
  return message.includes(cause['message']) ? message : `${message} (${cause['message']})`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
