import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fingerprint32 } from '../../../src/core/schedule/fingerprint.ts';
import { parseDuration } from '../../../src/core/schedule/go-duration.ts';
import { decideOverlaps } from '../../../src/core/schedule/overlap.ts';
import { zoneOf } from '../../../src/core/schedule/zone.ts';

describe('overlaps', () => {
  const start = fc.record({
    nominal: fc.nat(),
    actual: fc.nat(),
    overlapPolicy: fc.integer({ min: 1, max: 6 }),
    manual: fc.boolean(),
  });

  test('no start is lost without being counted, and none overlaps that may not', () => {
    fc.assert(
      fc.property(fc.array(start), fc.boolean(), (starts, isRunning) => {
        const decision = decideOverlaps(starts, isRunning, ({ overlapPolicy }) => overlapPolicy);
        const { overlapping, alone, waiting, skipped, stop } = decision;
        expect(isRunning ? alone : stop).toBeUndefined();
        expect(overlapping.every(({ overlapPolicy }) => overlapPolicy === 6)).toBe(true);
        const replaced = starts.filter(({ overlapPolicy }) => overlapPolicy === 4 || overlapPolicy === 5).length;
        const unlimited = starts.filter(({ overlapPolicy }) => overlapPolicy === 6).length;
        const seen = unlimited + (alone === undefined ? 0 : 1) + waiting.length + skipped;
        // Only what cancels or terminates takes the place of one that has not begun.
        expect(seen).toBeLessThanOrEqual(starts.length);
        expect(seen).toBeGreaterThanOrEqual(starts.length - replaced);
        expect(overlapping).toHaveLength(stop === undefined ? unlimited : 0);
      }),
    );
  });

  test('what waits stays as it is, when it is looked at again', () => {
    fc.assert(
      fc.property(fc.array(start), (starts) => {
        const { waiting } = decideOverlaps(starts, true, ({ overlapPolicy }) => overlapPolicy);
        const again = decideOverlaps(waiting, true, ({ overlapPolicy }) => overlapPolicy);
        expect([again.waiting, again.skipped]).toEqual([waiting, 0]);
      }),
    );
  });
});

test('durations are read as Go reads them', () => {
  expect(['0', '1h30m', '-1.5s', '.5ms', '2d', '100us'].map(parseDuration)).toEqual([
    0, 5_400_000, -1500, 0.5, 172_800_000, 0.1,
  ]);
  expect(() => parseDuration('')).toThrow('time: invalid duration ""');
});

test('a fingerprint needs enough to be taken of', () => {
  expect(() => fingerprint32(new Uint8Array(24))).toThrow(RangeError);
});

test('a time zone that there is none of is an error', () => {
  expect(() => zoneOf('Mars/Phobos')).toThrow('unknown time zone Mars/Phobos');
});
