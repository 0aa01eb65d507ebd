import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { canonicalSpec, filledSpec } from '../../../src/core/schedule/canonical.ts';
import type { ScheduleSpec } from '../../../src/core/schedule/canonical.ts';
import { scheduleTimes } from '../../../src/core/schedule/times.ts';
import type { ScheduleTimes } from '../../../src/core/schedule/times.ts';
import { zoneOf } from '../../../src/core/schedule/zone.ts';
import { toDuration } from '../../../src/core/proto.ts';
import proto from '@temporalio/proto';

const { ScheduleSpec: SpecMessage } = proto.temporal.api.schedule.v1;

/** What a Temporal server 1.29.1 answered, by ListScheduleMatchingTimes, DescribeSchedule and CreateSchedule. */
interface Facts {
  readonly facts: readonly {
    readonly name: string;
    readonly seed: string;
    readonly spec: Record<string, unknown>;
    readonly canonical: Record<string, unknown>;
    readonly from: string;
    readonly to: string;
    readonly times: readonly string[];
  }[];
  readonly refusals: readonly { readonly spec: Record<string, unknown>; readonly message: string }[];
}

const { facts, refusals } = JSON.parse(readFileSync(new URL('facts.json', import.meta.url), 'utf8')) as Facts;

describe('times of schedules are those of a Temporal server', () => {
  test.each(facts)('$name', ({ seed, spec, canonical, from, to, times }) => {
    const own = canonicalSpec(specOf(spec));
    assert.deepEqual(plain(filledSpec(own)), plain(specOf(canonical)));
    const found = upTo(scheduleTimes(own, seed), Date.parse(from), Date.parse(to));
    assert.deepEqual(
      found.map((time) => new Date(time).toISOString()),
      times,
    );
  });

  test.each(refusals)('refuses: $message', ({ spec, message }) => {
    assert.throws(() => canonicalSpec(specOf(spec)), { name: 'ScheduleProblem', message });
  });
});

describe('times of any schedule', () => {
  const zone = fc.constantFrom('', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
  const field = (min: number, max: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min, max }).map(String),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
    );
  const cron = fc
    .tuple(field(0, 59), field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6))
    .map((fields) => `${fields.join(' ')} *`);
  const interval = fc.record({ interval: fc.integer({ min: 1000, max: 1e9 }).map(toDuration) });
  const spec = fc.record({
    cronString: fc.array(cron, { maxLength: 2 }),
    interval: fc.array(interval, { maxLength: 2 }),
    timezoneName: zone,
    jitter: fc.integer({ min: 0, max: 100_000 }).map(toDuration),
  });
  const time = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) });

  test('come one after another, each the first after what is before it', () => {
    fc.assert(
      fc.property(spec, time, (some, start) => {
        const times = scheduleTimes(canonicalSpec(some), 'namespace-of-some-length/schedule');
        let before = start;
        for (let count = 0; count < 5; count++) {
          const found = times.after(before);
          if (found === undefined) return;
          assert.ok(found.nominal > before - 100_001 && found.next > before && found.next >= found.nominal);
          // Nothing lies in between.
          assert.equal(times.after(found.nominal - 1)?.nominal, found.nominal);
          before = found.nominal;
        }
      }),
      { numRuns: 200 },
    );
  });

  test('match the fields of their calendar on the clocks of their zone, whatever is done to these', () => {
    fc.assert(
      fc.property(field(0, 59), field(0, 23), field(1, 28), zone, time, (minute, hour, day, timezoneName, start) => {
        const own = canonicalSpec({ cronString: [`${minute} ${hour} ${day} * *`], timezoneName });
        const found = scheduleTimes(own, '').after(start);
        assert.ok(found);
        const shown = zoneOf(timezoneName).wallTime(found.nominal / 1000);
        assert.ok(isIn(minute, shown.minute) && isIn(hour, shown.hour) && isIn(day, shown.day, 1));
        assert.equal(shown.second, 0);
      }),
      { numRuns: 300 },
    );
  });
});

function isIn(field: string, value: number, first = 0): boolean {
  const [, low = '*', , high, step = '1'] = /^(\*|\d+)(-(\d+))?(?:\/(\d+))?$/.exec(field) ?? [];
  if (low === '*') return (value - first) % Number(step) === 0;
  return value >= Number(low) && value <= Number(high ?? low);
}

function upTo(times: ScheduleTimes, from: number, to: number): number[] {
  const found: number[] = [];
  for (let time = times.after(from); time !== undefined && time.next <= to; time = times.after(time.next)) {
    found.push(time.next);
  }
  return found;
}

function specOf(spec: Record<string, unknown>): ScheduleSpec {
  return SpecMessage.fromObject(spec);
}

function plain(spec: ScheduleSpec): object {
  return SpecMessage.toObject(SpecMessage.decode(SpecMessage.encode(spec).finish()), { longs: Number });
}
