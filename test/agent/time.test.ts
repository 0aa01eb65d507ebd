import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/agent/time.ts';
import { ToolError } from '../../src/index.ts';
import { refusal } from './support.ts';

describe('parseTime', () => {
  it.each([
    [1, 1],
    [0.4, 1],
    ['250ms', 250],
    ['1.5 s', 1_500],
    ['2 Minutes', 120_000],
    ['24h', 86_400_000],
    [' 1 day ', 86_400_000],
    ['2w', 1_209_600_000],
  ])('reads %j', (time, milliseconds) => {
    expect(parseTime(time, 'x')).toBe(milliseconds);
  });

  it.each([
    0,
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '5',
    'h',
    '1h30m',
    '-1s',
    '0s',
    '1 constructor',
    '1e3s',
    null,
  ])('refuses %j', (time) => {
    expect(refusal(() => parseTime(time as never, 'here')).message).toMatch(/^here: .* is no time\. Give milliseconds/);
  });
});

describe('ToolError', () => {
  it('is final unless it says otherwise', () => {
    expect(new ToolError('x')).toMatchObject({ retryable: false, retryAfter: undefined, code: 'TOOL' });
    expect(new ToolError('x', { retryable: true, retryAfter: '5 s' })).toMatchObject({
      retryable: true,
      retryAfter: 5_000,
    });
    expect(ToolError.is(new ToolError('x'))).toBe(true);
    expect(ToolError.is(new Error('x'))).toBe(false);
  });
});
