import { InvalidArgumentError } from 'commander';
import { parseTime } from '../../agent/time.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How long something took: `850ms`, `3.2s`, `2m 5s`, `3h 12m`, `5d 2h`. */
export function duration(milliseconds: number): string {
  const time = Math.max(0, milliseconds);
  if (time < SECOND) return `${Math.round(time)}ms`;
  if (time < 10 * SECOND) return `${Math.floor(time / 100) / 10}s`;
  if (time < MINUTE) return `${Math.floor(time / SECOND)}s`;
  if (time < HOUR) return pair(time, MINUTE, 'm', SECOND, 's');
  if (time < DAY) return pair(time, HOUR, 'h', MINUTE, 'm');
  return pair(time, DAY, 'd', HOUR, 'h');
}

function pair(time: number, unit: number, name: string, smaller: number, smallerName: string): string {
  const rest = Math.floor((time % unit) / smaller);
  return `${Math.floor(time / unit)}${name}${rest === 0 ? '' : ` ${rest}${smallerName}`}`;
}

/** A moment as people say it: `now`, `3m ago`, `in 2h`; as ISO 8601 when asked. */
export function moment(at: Date | string, { iso, now = Date.now() }: MomentOptions): string {
  const date = new Date(at);
  if (iso === true) return date.toISOString();
  const passed = now - date.getTime();
  const length = Math.abs(passed);
  if (length < SECOND) return 'now';
  const [unit, name] =
    length < MINUTE ? [SECOND, 's'] : length < HOUR ? [MINUTE, 'm'] : length < DAY ? [HOUR, 'h'] : [DAY, 'd'];
  const text = `${Math.floor(length / unit)}${name}`;
  return passed < 0 ? `in ${text}` : `${text} ago`;
}

/** How a moment is shown. */
export interface MomentOptions {
  /** As ISO 8601. Default: as people say it. */
  readonly iso?: boolean | undefined;
  /** Milliseconds since 1970. Default: now. */
  readonly now?: number;
}

/** The time of day of this place, or all of it as ISO 8601. */
export function clock(at: string, iso: boolean | undefined): string {
  if (iso === true) return at;
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** A moment as it is typed: ISO 8601, or how long ago it was, such as `2h` or '3 days'. @throws InvalidArgumentError for anything else. */
export function toMoment(text: string): Date {
  if (/^\d{4}-\d{2}/.test(text)) {
    const date = new Date(text);
    if (!Number.isNaN(date.getTime())) return date;
  }
  try {
    return new Date(Date.now() - parseTime(text, 'time'));
  } catch {
    throw new InvalidArgumentError("Give an ISO 8601 time, or how long ago it was: 2h, '3 days', 2026-05-01T12:00Z.");
  }
}
