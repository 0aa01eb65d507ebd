import { cronShorthands } from '../schedule/cron.ts';
import { parseDuration } from '../schedule/go-duration.ts';
import { ScheduleProblem } from '../schedule/problem.ts';
import { isTimeZone, zoneOf } from '../schedule/zone.ts';
import type { Zone } from '../schedule/zone.ts';
import { nextInCalendar } from './calendar.ts';
import { parseCronField } from './fields.ts';

/** Says when something is to happen again and again. */
export interface CronSchedule {
  /**
   * The first of its times after the given one that is not before `from` (default: any), on a whole second; `undefined` when there is none. Milliseconds
   * since the epoch.
   */
  next(after: number, from?: number): number | undefined;
}

const bounds = {
  minute: { min: 0, max: 59 },
  hour: { min: 0, max: 23 },
  dayOfMonth: { min: 1, max: 31 },
  month: {
    min: 1,
    max: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  dayOfWeek: { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
} as const;

/**
 * The schedule that a workflow's `cronSchedule` says, as a Temporal server reads it: five fields (minute, hour, day of month, month, day of week), a
 * name such as `@daily`, or `@every 1h30m`; before it, `CRON_TZ=Europe/Berlin `. Without a zone, clocks show UTC.
 * @returns `undefined` when it is none.
 */
export function parseCron(text: string): CronSchedule | undefined {
  const [, zoneName, spec = ''] = /^(?:(?:CRON_)?TZ=([^ ]*) )?(.*)$/s.exec(text) ?? [];
  if (zoneName !== undefined && !isTimeZone(zoneName)) return undefined;
  const zone = zoneOf(zoneName ?? '');
  const trimmed = zoneName === undefined ? spec : spec.trim();
  if (!trimmed.startsWith('@')) return parseFields(trimmed, zone);
  if (trimmed.startsWith('@every ')) return every(trimmed.slice('@every '.length));
  const fields = Object.hasOwn(cronShorthands, trimmed) ? cronShorthands[trimmed] : undefined;
  return fields === undefined ? undefined : parseFields(fields, zone);
}

function parseFields(text: string, zone: Zone): CronSchedule | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, dayOfMonth, month, dayOfWeek] = [
    parseCronField(fields[0] ?? '', bounds.minute),
    parseCronField(fields[1] ?? '', bounds.hour),
    parseCronField(fields[2] ?? '', bounds.dayOfMonth),
    parseCronField(fields[3] ?? '', bounds.month),
    parseCronField(fields[4] ?? '', bounds.dayOfWeek),
  ];
  if (!minute || !hour || !dayOfMonth || !month || !dayOfWeek) return undefined;
  const calendar = { zone, minute, hour, dayOfMonth, month, dayOfWeek };
  return { next: (after, from = after) => nextInCalendar(calendar, Math.max(after, from - 1)) };
}

/** Whole seconds, one at least. */
function every(text: string): CronSchedule | undefined {
  const duration = durationOf(text);
  if (duration === undefined) return undefined;
  const interval = Math.max(1, Math.floor(duration / 1000)) * 1000;
  return {
    next: (after, from = after) => {
      const first = Math.floor(after / 1000) * 1000 + interval;
      return first + Math.max(0, Math.ceil((from - first) / interval)) * interval;
    },
  };
}

/** Go's own durations have no days, those of schedules do. */
function durationOf(text: string): number | undefined {
  if (text.includes('d')) return undefined;
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof ScheduleProblem) return undefined;
    throw error;
  }
}
