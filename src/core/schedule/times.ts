import { durationMs, toMillis } from '../proto.ts';
import { compileCalendar, valuesIn } from './calendar.ts';
import type { ScheduleSpec, StructuredCalendar } from './canonical.ts';
import { fingerprint32 } from './fingerprint.ts';
import { lastYear } from './ranges.ts';
import { zoneOf } from './zone.ts';

/** A time at which a schedule acts, in milliseconds since the epoch. */
export interface ScheduledTime {
  /** As the spec has it. */
  readonly nominal: number;
  /** With jitter. */
  readonly next: number;
}

/** The times of a schedule, in their order. */
export interface ScheduleTimes {
  /** The first time after one, in milliseconds since the epoch; `undefined` when there is none. */
  after(time: number): ScheduledTime | undefined;
}

const latest = Date.UTC(lastYear + 1, 0, 1);
const yearOne = 62_135_596_800n;
const longestJitterMs = 0xff_ff_ff_ff;
/** Times in a row that are looked at although they are excluded; who excludes more has no more times. */
const mostExcluded = 10_000;

/**
 * The times of a spec in its canonical form. The same spec, seed and time give the same answer wherever it is asked for.
 * @param seed what jitter is drawn from, beside the time.
 */
export function scheduleTimes(spec: ScheduleSpec, seed: string): ScheduleTimes {
  const zone = zoneOf(spec.timezoneName ?? '');
  const calendars = (spec.structuredCalendar ?? []).map((calendar) => compileCalendar(calendar, zone));
  const intervals = (spec.interval ?? []).map(({ interval, phase }) => ({
    every: Math.max(Math.trunc(durationMs(interval) / 1000), 1),
    phase: Math.max(Math.trunc(durationMs(phase) / 1000), 0),
  }));
  const ofMinute = secondsOf(spec.structuredCalendar ?? [], intervals);
  const excluded = (spec.excludeStructuredCalendar ?? []).map((calendar) => compileCalendar(calendar, zone, ofMinute));
  const from = (toMillis(spec.startTime) ?? 0) - 1000;
  const to = Math.min(toMillis(spec.endTime) ?? Infinity, latest - 1);
  const jitter = durationMs(spec.jitter);

  const raw = (after: number): number | undefined => {
    const seconds = Math.floor(after / 1000);
    const ofCalendars = calendars.map((calendar) => calendar.next(seconds));
    const ofIntervals = intervals.map(
      ({ every, phase }) => (Math.trunc((seconds - phase) / every) + 1) * every + phase,
    );
    const found = [...ofCalendars, ...ofIntervals].filter((time) => time !== undefined);
    return found.length === 0 ? undefined : Math.min(...found) * 1000;
  };

  const notExcluded = (first: number | undefined): number | undefined => {
    let nominal = first;
    for (let tries = 0; tries < mostExcluded && nominal !== undefined && nominal <= to; tries++) {
      const at = nominal / 1000;
      const excluding = excluded.find((calendar) => calendar.matches(at));
      if (excluding === undefined) return nominal;
      nominal = raw((excluding.until(at) - 1) * 1000);
    }
    return undefined;
  };

  return {
    after(time) {
      const nominal = notExcluded(raw(Math.max(time, from)));
      if (nominal === undefined) return undefined;
      if (jitter <= 0) return { nominal, next: nominal };
      // Not beyond the time that follows.
      const following = raw(nominal);
      const most = following === undefined ? jitter : Math.min(jitter, following - nominal);
      return { nominal, next: nominal + jitterOf(nominal, seed, most) };
    },
  };
}

/** The seconds that times may have: most schedules act on whole minutes. */
function secondsOf(
  calendars: readonly StructuredCalendar[],
  intervals: readonly { readonly every: number; readonly phase: number }[],
): readonly number[] | undefined {
  if (intervals.some(({ every }) => every % 60 !== 0)) return undefined;
  return [...calendars.flatMap(({ second }) => valuesIn(second)), ...intervals.map(({ phase }) => phase % 60)];
}

/** Milliseconds from 0 up to `most`, drawn from the time and the seed. */
function jitterOf(nominal: number, seed: string, most: number): number {
  const range = BigInt(Math.min(Math.trunc(most), longestJitterMs));
  return Number((BigInt(fingerprint32(seedBytes(nominal, seed))) * range) >> 32n);
}

/** The time as Go writes it in binary, followed by the seed. */
function seedBytes(nominal: number, seed: string): Uint8Array {
  const text = new TextEncoder().encode(seed);
  const bytes = new Uint8Array(15 + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 1);
  view.setBigInt64(1, BigInt(nominal / 1000) + yearOne);
  view.setInt16(13, -1);
  bytes.set(text, 15);
  return bytes;
}
