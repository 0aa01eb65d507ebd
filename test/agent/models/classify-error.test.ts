import {
  APICallError,
  EmptyResponseBodyError,
  InvalidPromptError,
  JSONParseError,
  LoadAPIKeyError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/engine/index.ts';
import { classifyModelError } from '../../../src/agent/models/classify-error.ts';
import { redact } from '../../../src/agent/redaction/index.ts';
import { retryDelay } from '../../../src/agent/models/retry-delay.ts';

const api = (options: Partial<ConstructorParameters<typeof APICallError>[0]>): APICallError =>
  new APICallError({ message: 'It failed.', url: 'https://api.example.com', requestBodyValues: {}, ...options });
const coded = (code: string): Error => Object.assign(new Error('socket'), { code });

describe('an error of a model call', () => {
  it.each([
    ['a broken connection', api({ isRetryable: true })],
    ['an answer that made no sense', api({ statusCode: 200 })],
    ['a timeout', new DOMException('The operation timed out.', 'TimeoutError')],
    ['a connection reset', coded('ECONNRESET')],
    ['an unknown host', coded('ENOTFOUND')],
    ['a failed fetch', new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })],
    ['an empty body', new EmptyResponseBodyError()],
    ['malformed JSON', new JSONParseError({ text: '{', cause: new Error('x') })],
    ['a status that says so', { statusCode: 503, message: 'busy' }],
    ['a provider that says so', { isRetryable: true, message: 'busy' }],
    ['an error of Anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }],
    ['an error of Google', { error: { code: 503, status: 'UNAVAILABLE', message: 'x' } }],
    ['anything', 7],
    ['nothing', undefined],
  ])('is worth another attempt: %s', (_, error) => {
    expect(classifyModelError(error)).toMatchObject({ type: 'ModelFailed', nonRetryable: false });
  });

  it.each([
    ['a missing key', new LoadAPIKeyError({ message: 'The key is missing.' })],
    ['a missing model', new NoSuchModelError({ modelId: 'x', modelType: 'languageModel' })],
    ['something unsupported', new UnsupportedFunctionalityError({ functionality: 'images' })],
    ['an invalid prompt', new InvalidPromptError({ prompt: [], message: 'x' })],
    ['a wrong configuration', new ConfigurationError('model', 'wrong.', { fix: 'Right it.' })],
    ['a status that says so', { statusCode: 400, message: 'bad' }],
    ['a provider that says so', { isRetryable: false, message: 'bad' }],
    ['an invalid request', { error: { type: 'invalid_request_error', message: 'bad' } }],
    ['a prompt that is too long', { code: 'context_length_exceeded', message: 'too long' }],
  ])('is final: %s', (_, error) => {
    expect(classifyModelError(error)).toMatchObject({ type: 'ModelFailed', nonRetryable: true });
  });

  it('that is a failure already stays as it is', () => {
    const failure = ApplicationFailure.create({ type: 'Mine', nextRetryDelay: 5 });
    expect(classifyModelError(failure)).toBe(failure);
  });

  it('is told with its cause, but not without end', () => {
    expect(classifyModelError(new TypeError('fetch failed', { cause: coded('ECONNREFUSED') })).message).toBe(
      "The model's provider failed: fetch failed (socket)",
    );
    const { message } = classifyModelError(new Error(`${'x'.repeat(999)}😀`.repeat(100)));
    expect(message.length).toBeLessThanOrEqual(1001);
    expect(message.isWellFormed()).toBe(true);
  });
});

describe('keys', () => {
  it.each([
    ['Incorrect API key provided: sk-proj-abc_DEF-123456.', 'Incorrect API key provided: [redacted].'],
    ['Incorrect key sk-ab**********cdef', 'Incorrect key [redacted]'],
    ['authorization: Bearer abc.def-123', 'authorization: Bearer [redacted]'],
    ['GET /v1?key=AIzaSyA1234567890_abc&alt=sse', 'GET /v1?key=[redacted]&alt=sse'],
    ['{"api_key":"0123456789"}', '{"api_key":"[redacted]"}'],
    ['x-api-key: 0123456789', 'x-api-key: [redacted]'],
    ['https://user:password@host/x', 'https://[redacted]@host/x'],
    ['gsk_0123456789abcdef is wrong', '[redacted] is wrong'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted]'],
    ['The task-oriented model asks for a key: none.', 'The task-oriented model asks for a key: none.'],
  ])('are taken out of messages: %s', (text, expected) => {
    expect(redact(text, {})).toBe(expected);
  });

  it('are taken out when they are in the environment', () => {
    const environment = { MY_API_KEY: 'plain-looking-value', SHORT_KEY: 'a', HOME: '/home/someone' };
    expect(redact('plain-looking-value in /home/someone, a', environment)).toBe('[redacted] in /home/someone, a');
  });
});

describe('the delay that a provider asks for', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    [{ 'retry-after': '3' }, 3000],
    [{ 'Retry-After': ' 1.5 ' }, 1500],
    [{ 'retry-after-ms': '10.2' }, 11],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': '999999999999' }, 600_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '0' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
    [undefined, undefined],
  ] as [Record<string, string> | undefined, number | undefined][])('%j', (headers, expected) => {
    expect(retryDelay(headers, now)).toBe(expected);
  });
});
