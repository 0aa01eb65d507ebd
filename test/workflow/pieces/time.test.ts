import { describe, expect, it } from 'vitest';
import { milliseconds } from '../../../src/workflow/pieces/time.ts';

describe('a span of time', () => {
  it.each([
    [5, 5],
    ['250', 250],
    ['30 s', 30_000],
    ['1.5h', 5_400_000],
    ['10 minutes', 600_000],
    ['1 day', 86_400_000],
    ['2 Weeks', 1_209_600_000],
    ['7 ms', 7],
    [0, 0],
  ])('%s', (time, expected) => expect(milliseconds(time)).toBe(expected));

  it.each(['soon', '', '5 parsecs', '-1 s', Number.NaN, -5])('%s is none', (time) =>
    expect(() => milliseconds(time)).toThrow(TypeError),
  );
});
