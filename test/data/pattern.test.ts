import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromCursor, toCursor } from '../../src/data/cursor.ts';
import { afterPrefix, readPattern } from '../../src/data/pattern.ts';

describe('a pattern', () => {
  it.each([
    ['orders/*', 'orders/', undefined],
    ['*', '', undefined],
    ['**', '', undefined],
    ['orders', 'orders', 'orders'],
    ['a_b%c\\d', 'a_b%c\\d', String.raw`a\_b\%c\\d`],
    ['a?c*', 'a', 'a_c%'],
    ['100%*x', '100%', String.raw`100\%%x`],
    ['****a****', '', '%a%'],
  ])('%j looks for keys that begin with %j, and match %j', (pattern, prefix, like) => {
    expect(readPattern(pattern)).toEqual({ prefix, like });
  });
});

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const text = fc.string({ unit: 'binary', maxLength: 5 });

describe('the range of a prefix', () => {
  it('has all that begin so, and nothing else', () => {
    fc.assert(
      fc.property(text, text, (prefix, other) => {
        const end = afterPrefix(prefix);
        const isInside = (key: string): boolean =>
          compare(key, prefix) >= 0 && (end === undefined || compare(key, end) < 0);
        expect(isInside(prefix + other)).toBe(true);
        expect(isInside(other)).toBe(other.startsWith(prefix));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['a', 'b'],
    ['ab', 'ac'],
    ['a\u{10ffff}', 'b'],
    ['\ud7ff', '\ue000'],
    ['😀', '😁'],
    ['', undefined],
    ['\u{10ffff}\u{10ffff}', undefined],
  ])('of %j ends before %j', (prefix, end) => {
    expect(afterPrefix(prefix)).toBe(end);
  });
});

describe('a cursor', () => {
  it('says where a page ended', () => {
    const key = text.filter((value) => value !== '' && !/\p{Cc}/u.test(value));
    fc.assert(fc.property(key, (last) => fromCursor(toCursor(last)) === last));
  });
});
