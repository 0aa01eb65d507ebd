import type { temporal } from '@temporalio/proto';
import { durationMs } from '../proto.ts';
import { parseCalendar, parseCron } from './cron.ts';
import { ScheduleProblem } from './problem.ts';
import { firstYear, lastYear } from './ranges.ts';
import type { Range } from './ranges.ts';
import { isTimeZone } from './zone.ts';

/** When a schedule acts, as the API has it. */
export type ScheduleSpec = temporal.api.schedule.v1.IScheduleSpec;
/** A calendar of ranges. */
export type StructuredCalendar = temporal.api.schedule.v1.IStructuredCalendarSpec;

const longestComment = 200;

/**
 * The spec with all calendars as ranges and all cron strings resolved: how a schedule is kept and shown.
 * @throws ScheduleProblem in the server's words.
 */
export function canonicalSpec(spec: ScheduleSpec): ScheduleSpec {
  if (spec.timezoneData?.length) throw new ScheduleProblem('time zone data is not supported; give a time zone name');
  const structuredCalendar = [...(spec.structuredCalendar ?? []), ...(spec.calendar ?? []).map(parseCalendar)];
  const excluded = [...(spec.excludeStructuredCalendar ?? []), ...(spec.excludeCalendar ?? []).map(parseCalendar)];
  const interval = [...(spec.interval ?? [])];
  const crons = (spec.cronString ?? []).map(parseCron);
  for (const cron of crons) {
    if (cron.calendar !== undefined) structuredCalendar.push(cron.calendar);
    if (cron.interval !== undefined) interval.push(cron.interval);
  }
  const timezoneName = zoneOf(
    spec.timezoneName ?? '',
    crons.map(({ timeZone }) => timeZone),
  );
  for (const calendar of structuredCalendar) refuseCalendar(calendar);
  for (const each of interval) refuseInterval(each);
  if (!isTimeZone(timezoneName)) throw new ScheduleProblem(`unknown time zone ${timezoneName}`);
  return {
    structuredCalendar,
    interval,
    excludeStructuredCalendar: excluded,
    startTime: spec.startTime ?? null,
    endTime: spec.endTime ?? null,
    jitter: spec.jitter ?? null,
    timezoneName,
  };
}

/** The spec with the defaults of ranges filled in: how it is given out. */
export function filledSpec(spec: ScheduleSpec): ScheduleSpec {
  return {
    ...spec,
    structuredCalendar: (spec.structuredCalendar ?? []).map(filledCalendar),
    excludeStructuredCalendar: (spec.excludeStructuredCalendar ?? []).map(filledCalendar),
  };
}

function filledCalendar(calendar: StructuredCalendar): StructuredCalendar {
  const filled = fields.map(([field]) => [field, (calendar[field] ?? []).map(filledRange)]);
  return { ...calendar, ...Object.fromEntries(filled) };
}

function filledRange({ start, end, step }: Range): Range {
  const from = start ?? 0;
  return { start: from, end: Math.max(end ?? 0, from), step: step || 1 };
}

function zoneOf(named: string, ofCrons: readonly string[]): string {
  const [zone = ''] = ofCrons;
  const isConflict = ofCrons.some((other) => other !== zone) || (zone !== '' && named !== '' && named !== zone);
  if (isConflict) throw new ScheduleProblem('conflicting timezone names');
  return zone || named;
}

const fields = [
  ['second', 'Second', 0, 59],
  ['minute', 'Minute', 0, 59],
  ['hour', 'Hour', 0, 23],
  ['dayOfMonth', 'DayOfMonth', 1, 31],
  ['month', 'Month', 1, 12],
  ['year', 'Year', firstYear, lastYear],
  ['dayOfWeek', 'DayOfWeek', 0, 6],
] as const;

function refuseCalendar(calendar: StructuredCalendar): void {
  const problems = fields.flatMap(([field, name, min, max]) =>
    (calendar[field] ?? []).flatMap((range) => rangeProblems(range, name, min, max)),
  );
  if (new TextEncoder().encode(calendar.comment ?? '').length > longestComment) problems.push('comment is too long');
  if (problems.length > 0) throw new ScheduleProblem(`invalid calendar spec: ${problems.join(', ')}`);
}

function rangeProblems(range: Range, name: string, min: number, max: number): string[] {
  const problems: string[] = [];
  const [start, end, step] = [range.start ?? 0, range.end ?? 0, range.step ?? 0];
  if (start < min || start > max) problems.push(`${name} Start is not in range [${min}-${max}]`);
  if (end !== 0 && (end < start || end > max)) {
    problems.push(`${name} End is before Start or not in range [${min}-${max}]`);
  }
  if (step < 0) problems.push(`${name} has invalid Step`);
  return problems;
}

function refuseInterval({ interval, phase }: temporal.api.schedule.v1.IIntervalSpec): void {
  const [every, offset] = [durationMs(interval), durationMs(phase)];
  if (every < 1000) throw new ScheduleProblem('interval is too small');
  if (offset < 0) throw new ScheduleProblem('phase is negative');
  if (offset >= every) throw new ScheduleProblem('phase cannot be greater than Interval');
}
