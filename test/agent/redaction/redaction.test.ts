import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toolFailure, withoutSecrets } from '../../../src/agent/failures.ts';
import { hideSecrets, redact, redactValue } from '../../../src/agent/redaction/index.ts';

const none = {};

describe('a text', () => {
  it.each([
    ['an OpenAI key', 'Incorrect API key provided: sk-proj-abcdef0123456789', 'abcdef0123456789'],
    ['a GitHub token', 'clone with ghp_abcdefghijklmnop0123', 'abcdefghijklmnop'],
    ['a Slack token', 'xoxb-123456789012-abcdefghij', '123456789012'],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE is not allowed', 'IOSFODNN7EXAMPLE'],
    ['an AWS secret', 'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'wJalrXUtnFEMI'],
    ['a bearer token', 'authorization: Bearer abc.def-ghi', 'abc.def'],
    ['basic credentials', 'Authorization: Basic dXNlcjpwYXNzd29yZA==', 'dXNlcjpw'],
    ['a cookie', 'cookie: session=abcdef; theme=dark', 'abcdef'],
    ['a JSON web token', 'token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc', 'eyJzdWIi'],
    ['a completion token', `done eyJ3b3JrZmxvd0lkIjoiMSJ9.${'A1-_'.repeat(10)}abc`, 'A1-_A1'],
    ['the password of a URL', 'connect ECONNREFUSED redis://default:hunter22@redis:6379/0', 'hunter22'],
    ['a password in a query', 'postgres://db/x?user=a&password=hunter22&ssl=1', 'hunter22'],
    ['a field of JSON', '{"apiKey":"abcdef123","other":1}', 'abcdef123'],
    ['a field of JSON in JSON', String.raw`{"body":"{\"client_secret\":\"abcdef123\"}"}`, 'abcdef123'],
    ['a header of a key', 'x-api-key: abcdef123', 'abcdef123'],
    ['a header of another scheme', 'Authorization: ApiKey abc-def-ghi', 'abc-def'],
    ['a digest', 'Authorization: Digest username="ada", response="6629fae49393a053"', '6629fae4'],
    ['what is quoted', "password='two words 22', next", 'words 22'],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----', 'MIIEpAIB'],
    ['a private key that is cut', '-----BEGIN PRIVATE KEY-----\\nMIIEpAIBAAKCAQEA', 'MIIEpAIB'],
  ])('loses %s', (_, text, secret) => {
    expect(redact(text, none)).not.toContain(secret);
  });

  it.each([
    'There is no order 1042. Ask for the number again.',
    'The model did not finish within 30 s.',
    'maxOutputTokens: 200000 is too much; step s1.1 of run support-1',
    'see https://example.com/a/b?page=2#top',
    '{"idempotencyKey":"run-1:s1.1"}',
  ])('keeps what is no secret: %s', (text) => {
    expect(redact(text, none)).toBe(text);
  });

  it('loses what the environment says is secret', () => {
    const env = {
      PAYMENTS_API_KEY: 'plain-looking-value',
      PERDURE_PAYLOAD_KEYS: `a:${'QUJD'.repeat(11)},b:${'REVG'.repeat(11)}`,
      DATABASE_URL: 'postgres://app:correct-horse@db/app',
      HOME: '/home/somebody',
    };
    const text = `plain-looking-value ${'REVG'.repeat(11)} correct-horse /home/somebody`;
    expect(redact(text, env)).toBe('[redacted] [redacted] [redacted] /home/somebody');
  });

  it('loses the password of a URL of the environment, as a driver may write it, too', () => {
    const env = { DATABASE_URL: 'postgres://app:correct%20horse%2Fbattery@db/app' };
    expect(redact('correct horse/battery or correct%20horse%2Fbattery', env)).toBe('[redacted] or [redacted]');
  });

  it('loses what is secret inside of JSON, where it is written otherwise', () => {
    const secret = 'quo"te\\and\nline';
    expect(redact(JSON.stringify({ note: `so ${secret}` }), { THE_SECRET: secret })).toBe('{"note":"so [redacted]"}');
  });

  it('loses what was said to be secret, until that is taken back', () => {
    const show = hideSecrets({ values: ['the-word'], keys: ['x-internal'], env: ['LEGACY'] });
    onTestFinished(show);
    expect(redact('say the-word', none)).toBe('say [redacted]');
    expect(redact('say old-one', { LEGACY: 'old-one' })).toBe('say [redacted]');
    expect(redactValue({ X_Internal: 'abc' })).toEqual({ X_Internal: '[redacted]' });
    show();
    expect(redact('say the-word', none)).toBe('say the-word');
  });
});

describe('looking for secrets', () => {
  const million = 1_000_000;
  it.each(
    [
      'a',
      ' ',
      '-',
      'eyJ',
      'eyJ-',
      'eyJaaaaaaaaaa.',
      'key=',
      'token: ',
      '://',
      '://a:',
      '@',
      'cookie=',
      'Bearer ',
      'sk-',
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN ',
      '- ',
      '"\\',
      'ya29.',
      'Basic ',
      'secretsecret',
    ].map((piece) => [piece]),
  )('in a megabyte of %j takes no more than one look at each place', (piece) => {
    // Ends: a pattern that goes back and forth would take hours, and the test's time is over before.
    expect(typeof redact(piece.repeat(million / piece.length), none)).toBe('string');
  });
});

describe('a value', () => {
  it('loses secret fields at any depth, and what is in texts', () => {
    const value = {
      user: 'ada',
      headers: new Headers({ authorization: 'abc', accept: '*/*' }),
      list: [{ Password: 'abc', text: 'Bearer abc' }],
      map: new Map([['api_key', 'abc']]),
      usage: { inputTokens: 5 },
    };
    expect(JSON.parse(JSON.stringify(redactValue(value)))).toEqual({
      user: 'ada',
      headers: { authorization: '[redacted]', accept: '*/*' },
      list: [{ Password: '[redacted]', text: 'Bearer [redacted]' }],
      map: { api_key: '[redacted]' },
      usage: { inputTokens: 5 },
    });
  });

  it('that is cut does not leave a part of a secret', () => {
    onTestFinished(hideSecrets({ values: ['correct-horse-battery-staple'] }));
    for (const place of [16_384 - 40, 16_384 - 20, 16_384 - 8, 16_384 - 1]) {
      const text = redactValue(`${'x'.repeat(place)} correct-horse-battery-staple ${'x'.repeat(100_000)}`) as string;
      expect(text).not.toContain('correct');
      expect(text.length).toBeLessThan(17_000);
    }
  });

  it('may be anything', () => {
    const circle: Record<string, unknown> = { big: 1n, date: new Date(Number.NaN), data: new Uint8Array(3), run() {} };
    circle['self'] = circle;
    circle['trap'] = Object.defineProperty({}, 'x', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(JSON.parse(JSON.stringify(redactValue(circle)))).toEqual({
      big: '1',
      date: null,
      data: '[3 bytes]',
      run: '[function]',
      self: '[circular]',
      trap: '[unreadable]',
    });
  });

  it('that is an error of a provider keeps neither the conversation nor headers', () => {
    const error = Object.assign(new Error('401', { cause: new Error('password=hunter22') }), {
      requestBodyValues: { prompt: 'a secret plan' },
      responseHeaders: { 'set-cookie': 'abcdef' },
      statusCode: 401,
    });
    const text = JSON.stringify(redactValue(error));
    for (const secret of ['hunter22', 'secret plan', 'abcdef']) expect(text).not.toContain(secret);
    expect(text).toContain('401');
  });
});

describe('a failure', () => {
  it('of anything loses secrets in message, stack, causes and details, and stays as it is without them', () => {
    const fine = new TypeError('fine');
    expect(withoutSecrets(fine)).toBe(fine);
    const bad = withoutSecrets(new TypeError('bad', { cause: new Error('password=hunter22') })) as Error;
    expect(bad.name).toBe('TypeError');
    expect(`${bad.message}${bad.stack ?? ''}${String(bad.cause)}`).not.toContain('hunter22');
    const long = withoutSecrets(new Error(`${'x'.repeat(100_000)} password=hunter22`)) as Error;
    expect(`${long.message}${long.stack ?? ''}`).not.toContain('hunter22');
    const failure = ApplicationFailure.nonRetryable('no', 'Refused', { apiKey: 'hunter22', order: 7 });
    const clean = toolFailure(failure);
    expect(clean.details).toEqual([{ apiKey: '[redacted]', order: 7 }]);
    expect([clean.type, clean.nonRetryable]).toEqual(['Refused', true]);
  });

  it.each<[string, unknown]>([
    ['a long text', 'x'.repeat(100_000)],
    ['a long list', Array.from({ length: 1000 }, (_, index) => index)],
    ['deep ones', JSON.parse(`${'['.repeat(50)}${']'.repeat(50)}`)],
    ['fields that logs leave out', { prompt: 'Which size?', responseBody: '<html>' }],
    ['nothing to see', [null, undefined, new Date(0)]],
  ])('keeps details without secrets as they are: %s', (_, details) => {
    const failure = ApplicationFailure.nonRetryable('no', 'Refused', details);
    expect(withoutSecrets(failure)).toBe(failure);
  });

  it('keeps all of its details but the secret', () => {
    const rows = Array.from({ length: 1000 }, (_, index) => ({ index }));
    const given = { apiKey: 'hunter22', prompt: 'Which size?', text: 'x'.repeat(100_000), rows };
    const { details } = withoutSecrets(ApplicationFailure.nonRetryable('no', 'Refused', given)) as ApplicationFailure;
    expect(details).toEqual([{ ...given, apiKey: '[redacted]' }]);
  });
});
