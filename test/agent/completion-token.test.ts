import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  InvalidCompletionTokenError,
  readCompletionToken,
  signCompletionToken,
} from '../../src/agent/completion-token.ts';
import { ConfigurationError } from '../../src/index.ts';

const secret = 'a secret of at least 32 characters';
const target = { workflowId: 'order-1042', runId: 'run-1', waitId: 's3.1/s2.1' };

describe('completion tokens', () => {
  it('say what they complete, whatever the ids', () => {
    const unit = fc.integer({ min: 0, max: 0xd7_ff }).map((code) => String.fromCodePoint(code));
    const id = fc.string({ unit, maxLength: 12 });
    const key = fc.uint8Array({ minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(id, id, key, (workflowId, waitId, someSecret) => {
        const token = signCompletionToken({ workflowId, waitId }, someSecret);
        expect(token).toMatch(/^[\w.-]+$/);
        expect(readCompletionToken(token, someSecret)).toEqual({ workflowId, waitId });
      }),
      { numRuns: 50 },
    );
    expect(readCompletionToken(signCompletionToken(target, secret), secret)).toEqual(target);
    const odd = { workflowId: '\u{1F600}\0', waitId: '' };
    expect(readCompletionToken(signCompletionToken(odd, secret), secret)).toEqual(odd);
  });

  it('are refused when one character is another', () => {
    const token = signCompletionToken(target, secret);
    for (let index = 0; index < token.length; index += 1) {
      // The last character of the signature has bits that mean nothing.
      if (index === token.length - 1) continue;
      const other = token[index] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, index) + other + token.slice(index + 1);
      expect(() => readCompletionToken(changed, secret), changed).toThrow(InvalidCompletionTokenError);
    }
  });

  it('are refused when they were signed with another secret', () => {
    expect(() => readCompletionToken(signCompletionToken(target, 'another'), secret)).toThrow(
      /signed with another secret, or was changed.*PERDURE_SECRET/,
    );
  });

  it.each(['', 'x', '.', 'a.b', `${'a'.repeat(20)}.${'b'.repeat(42)}`, '{"workflowId":"x"}'])('refuse %j', (token) => {
    const read = (): unknown => readCompletionToken(token, secret);
    expect(read).toThrow(expect.objectContaining({ code: 'INVALID_COMPLETION_TOKEN' }));
    expect(read).toThrow(/is malformed/);
  });

  it('need a secret', () => {
    expect(() => signCompletionToken(target, '')).toThrow(ConfigurationError);
  });

  it('have errors that are told from others', () => {
    expect(InvalidCompletionTokenError.is(new InvalidCompletionTokenError('is odd.'))).toBe(true);
    expect(InvalidCompletionTokenError.is(new Error('x'))).toBe(false);
  });
});
