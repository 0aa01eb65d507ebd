import type { temporal } from '@temporalio/proto';
import { toDuration } from '../proto.ts';
import { parseDuration } from './go-duration.ts';
import { ScheduleProblem } from './problem.ts';
import { parseRanges, textFields } from './ranges.ts';

type Calendar = temporal.api.schedule.v1.ICalendarSpec;
type StructuredCalendar = temporal.api.schedule.v1.IStructuredCalendarSpec;
type Interval = temporal.api.schedule.v1.IIntervalSpec;

/** What a cron string stands for. */
export interface Cron {
  readonly calendar?: StructuredCalendar;
  readonly interval?: Interval;
  /** Empty: it says none. */
  readonly timeZone: string;
}

/** What names stand for, as five fields; the same in schedules and in cron workflows. */
export const cronShorthands: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** The fields of a cron string, by how many there are. */
const layouts: ReadonlyMap<number, readonly (keyof typeof textFields)[]> = new Map([
  [5, ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'] as const],
  [6, ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek', 'year'] as const],
  [7, ['second', 'minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek', 'year'] as const],
]);

/**
 * Reads a cron string as a Temporal server does: `[TZ=zone] fields [# comment]`, a shorthand such as `@daily`, or `@every interval[/phase]`.
 * @throws ScheduleProblem in the server's words.
 */
export function parseCron(text: string): Cron {
  let rest = text.trim();
  let timeZone = '';
  if (/^(CRON_)?TZ=/.test(rest)) {
    const space = rest.indexOf(' ');
    if (space < 0) throw new ScheduleProblem('CronString has time zone but missing fields');
    timeZone = rest.slice(rest.indexOf('=') + 1, space);
    rest = rest.slice(space + 1);
  }
  const [fields = '', ...comments] = rest.split('#');
  const comment = comments.join('#').trim();
  const cron = fields.trim();
  if (cron.startsWith('@every')) return { interval: parseEvery(cron), timeZone: '' };
  const tokens = (Object.hasOwn(cronShorthands, cron) ? (cronShorthands[cron] ?? '') : cron).split(/\s+/);
  const layout = layouts.get(tokens.length);
  if (layout === undefined) throw new ScheduleProblem('CronString does not have 5-7 fields');
  const calendar = Object.fromEntries(layout.map((name, index) => [name, tokens[index]]));
  return { calendar: parseCalendar({ ...calendar, comment }), timeZone };
}

/** A calendar whose fields are texts, as one of ranges. @throws ScheduleProblem that names everything that is wrong. */
export function parseCalendar(calendar: Calendar): StructuredCalendar {
  const problems: string[] = [];
  const ranges = (name: keyof typeof textFields): ReturnType<typeof parseRanges> => {
    try {
      return parseRanges(calendar[name], textFields[name]);
    } catch (error) {
      if (!(error instanceof ScheduleProblem)) throw error;
      problems.push(error.message);
      return [];
    }
  };
  const structured = {
    second: ranges('second'),
    minute: ranges('minute'),
    hour: ranges('hour'),
    dayOfWeek: ranges('dayOfWeek'),
    dayOfMonth: ranges('dayOfMonth'),
    month: ranges('month'),
    year: ranges('year'),
    comment: calendar.comment ?? '',
  };
  if (problems.length > 0) throw new ScheduleProblem(problems.join(', '));
  return structured;
}

function parseEvery(cron: string): Interval {
  const space = cron.indexOf(' ');
  if (space < 0) throw new ScheduleProblem('CronString does not have interval after @every');
  const text = cron.slice(space + 1);
  const slash = text.indexOf('/');
  const interval = toDuration(parseDuration(slash < 0 ? text : text.slice(0, slash)));
  const phase = slash < 0 ? '' : text.slice(slash + 1);
  return phase === '' ? { interval } : { interval, phase: toDuration(parseDuration(phase)) };
}
