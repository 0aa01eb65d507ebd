import { getNextMillis } from 'bullmq';
import type { RepeatOptions as BullmqRepeat } from 'bullmq';
import { ConfigurationError } from '../../engine/index.ts';
import { systemClock } from '../../runtime/system-clock.ts';

/** When a job scheduler starts runs, in BullMQ's words: either `pattern` or `every`. */
export interface RepeatOptions {
  /** A cron pattern of five fields, or six with seconds first. */
  readonly pattern?: string;
  /** Milliseconds from one start to the next, whole ones; the first is at once. */
  readonly every?: number;
  /** Time zone of the pattern, such as `Europe/Berlin`. Default: that of the process. */
  readonly tz?: string;
  /** Nothing is started before. */
  readonly startDate?: Date | string | number;
  /** Nothing is started after. */
  readonly endDate?: Date | string | number;
  /** So many starts at most. */
  readonly limit?: number;
  /** With a pattern: the first start is at once. */
  readonly immediately?: boolean;
}

/** The options as BullMQ takes them. @throws ConfigurationError that names the wrong one. */
export function checkedRepeat(repeat: RepeatOptions): BullmqRepeat {
  const { pattern, every, tz, limit, immediately } = repeat;
  if ((pattern === undefined) === (every === undefined)) {
    throw wrong('', 'needs either a pattern or every.', 'Give one of them.');
  }
  if (every !== undefined && !(Number.isInteger(every) && every > 0)) {
    throw wrong('.every', `is ${every}.`, 'Give milliseconds, a whole number from 1 on.');
  }
  if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
    throw wrong('.limit', `is ${limit}.`, 'Give a whole number from 1 on.');
  }
  if (tz !== undefined) checkTimeZone(tz);
  const [startDate, endDate] = [time(repeat, 'startDate'), time(repeat, 'endDate')];
  if (endDate !== undefined && endDate <= Math.max(systemClock.now(), startDate ?? 0)) {
    throw wrong('.endDate', 'is over before anything starts.', 'Give a later time.');
  }
  if (immediately && startDate !== undefined) {
    throw wrong('.immediately', 'contradicts startDate.', 'Leave one of them out.');
  }
  const checked: BullmqRepeat = {
    ...(pattern === undefined ? {} : { pattern }),
    ...(every === undefined ? {} : { every }),
    ...(tz === undefined ? {} : { tz }),
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
    ...(limit === undefined ? {} : { limit }),
    ...(immediately && pattern !== undefined ? { immediately } : {}),
  };
  if (pattern !== undefined) checkPattern(pattern, checked);
  return checked;
}

function checkPattern(pattern: string, repeat: BullmqRepeat): void {
  const fix = 'Give five fields (minute hour day month weekday), or six with seconds first.';
  let next: number | undefined;
  try {
    if (pattern.trim() === '') throw new RangeError('it is empty');
    next = getNextMillis(systemClock.now(), repeat);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError('repeat.pattern', `'${pattern}' is no cron pattern: ${reason}.`, { fix, cause });
  }
  if (next === undefined) throw wrong('.pattern', `'${pattern}' names no time that will come.`, fix);
}

function checkTimeZone(tz: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone: tz });
  } catch (cause) {
    const fix = 'Give the name of one, such as Europe/Berlin.';
    throw new ConfigurationError('repeat.tz', `there is no time zone '${tz}'.`, { fix, cause });
  }
}

function time(repeat: RepeatOptions, name: 'startDate' | 'endDate'): number | undefined {
  const value = repeat[name];
  if (value === undefined) return undefined;
  const at = new Date(value).getTime();
  if (Number.isNaN(at)) throw wrong(`.${name}`, 'is no time.', 'Give a date, an ISO string or milliseconds.');
  return at;
}

function wrong(path: string, problem: string, fix: string): ConfigurationError {
  return new ConfigurationError(`repeat${path}`, problem, { fix });
}
