import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import { compileCalendar } from '../../../src/core/schedule/calendar.ts';
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

const everySecond = { second: '*', minute: '*', hour: '*' };

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

  test('are those of the spec without what is excluded', () => {
    const excluded = fc.record({
      second: fc.constantFrom('0', '*', '0-29'),
      minute: fc.oneof(fc.constant('*'), field(0, 59)),
      hour: fc.oneof(fc.constant('*'), field(0, 23)),
      dayOfMonth: fc.oneof(fc.constant('*'), field(1, 28)),
      dayOfWeek: fc.oneof(fc.constant('*'), field(0, 6)),
    });
    const seconds = fc.constantFrom(300, 450, 3600);
    fc.assert(
      fc.property(seconds, fc.array(excluded, { minLength: 1, maxLength: 2 }), zone, time, (every, some, name, at) => {
        const own = canonicalSpec({
          interval: [{ interval: toDuration(every * 1000), phase: toDuration(30_000) }],
          cronString: ['*/17 * * * *'],
          timezoneName: name,
          excludeCalendar: some,
        });
        const { excludeStructuredCalendar = [], ...all } = own;
        const [from, to] = [at, at + 86_400_000];
        const without = (excludeStructuredCalendar ?? []).map((each) => compileCalendar(each, zoneOf(name)));
        const wanted = upTo(scheduleTimes(all, ''), from, to).filter(
          (each) => !without.some((calendar) => calendar.matches(each / 1000)),
        );
        assert.deepEqual(upTo(scheduleTimes(own, ''), from, to), wanted);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['when all is excluded', { interval: [{ interval: { seconds: 1 } }], excludeCalendar: [everySecond] }],
    [
      'when all whole minutes are excluded',
      { interval: [{ interval: { seconds: 60 } }], excludeCalendar: [{ minute: '*', hour: '*' }] },
    ],
    [
      'when so much is excluded that nobody can wait for the rest',
      {
        interval: [{ interval: { seconds: 1 } }],
        excludeCalendar: [
          { ...everySecond, second: '0-29' },
          { ...everySecond, second: '30-59' },
        ],
      },
    ],
    ['of a calendar without seconds', { structuredCalendar: [{ month: [{ start: 1, end: 12 }] }] }],
  ])('there are none %s', (_, other) => {
    const times = scheduleTimes(canonicalSpec(specOf({ ...other, timezoneName: 'Europe/Berlin' })), '');
    assert.equal(times.after(Date.UTC(2026, 0)), undefined);
  });

  test('come after a long time that is excluded', () => {
    const own = canonicalSpec(
      specOf({
        interval: [{ interval: { seconds: 60 } }],
        timezoneName: 'Europe/Berlin',
        excludeCalendar: [{ minute: '*', hour: '*', month: '1-11' }],
      }),
    );
    const first = scheduleTimes(own, '').after(Date.UTC(2026, 0))?.nominal ?? 0;
    assert.equal(new Date(first).toISOString(), '2026-11-30T23:00:00.000Z');
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
