import type { Zone } from '../schedule/zone.ts';
import type { CronField } from './fields.ts';

/** What a cron schedule asks of the clocks of a place. */
export interface CronCalendar {
  /** Whose clocks. */
  readonly zone: Zone;
  /** 0 to 59. */
  readonly minute: CronField;
  /** 0 to 23. */
  readonly hour: CronField;
  /** 1 to 31. */
  readonly dayOfMonth: CronField;
  /** 1 to 12. */
  readonly month: CronField;
  /** 0 to 6, from Sunday. */
  readonly dayOfWeek: CronField;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** What is not found within so many years is never found: the longest gap of leap days is shorter but for one in a century. */
const patienceYears = 5;

/**
 * The first moment after the given one that the calendar allows, in milliseconds since the epoch; `undefined` when there is none within five years.
 * It goes from field to field as robfig/cron does, so that days with an hour more or less are treated alike: months and days are those of the clocks
 * there, hours and minutes pass as they do.
 */
export function nextInCalendar(calendar: CronCalendar, after: number): number | undefined {
  const walk = new Walk(calendar.zone, Math.floor(after / second) * second + second);
  const lastYear = walk.shown.getUTCFullYear() + patienceYears;
  while (walk.shown.getUTCFullYear() <= lastYear) {
    if (
      reachMonth(calendar, walk) &&
      reachDay(calendar, walk) &&
      reachHour(calendar, walk) &&
      reachMinute(calendar, walk)
    )
      return walk.moment;
  }
  return undefined;
}

/** A moment that moves on, and what clocks show then. The first move also goes back to the beginning of the month, day, hour or minute. */
class Walk {
  readonly #zone: Zone;
  #hasMoved = false;
  moment: number;
  shown: Date;

  constructor(zone: Zone, moment: number) {
    this.#zone = zone;
    this.moment = moment;
    this.shown = shownAt(zone, moment);
  }

  /** To a month (from 0) and day of the year shown, at midnight. */
  toDay(month: number, day: number): void {
    this.to(this.#zone.timeOf(this.shown.getUTCFullYear(), month + 1, day, 0, 0, 0) * second);
  }

  /** To the beginning of the hour shown. */
  toHour(): void {
    const [year, month] = [this.shown.getUTCFullYear(), this.shown.getUTCMonth() + 1];
    this.to(this.#zone.timeOf(year, month, this.shown.getUTCDate(), this.shown.getUTCHours(), 0, 0) * second);
  }

  to(moment: number): void {
    this.moment = moment;
    this.shown = shownAt(this.#zone, moment);
  }

  /** True once, for the first move. */
  begins(): boolean {
    const begins = !this.#hasMoved;
    this.#hasMoved = true;
    return begins;
  }
}

/** What clocks show, as if it were UTC. */
function shownAt(zone: Zone, moment: number): Date {
  const wall = zone.wallTime(moment / second);
  return new Date(Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second));
}

/** @returns false when it has come to another year: what was reached before has to be looked at again. */
function reachMonth({ month }: CronCalendar, walk: Walk): boolean {
  while (!month.has(walk.shown.getUTCMonth() + 1)) {
    if (walk.begins()) walk.toDay(walk.shown.getUTCMonth(), 1);
    walk.toDay(walk.shown.getUTCMonth() + 1, walk.shown.getUTCDate());
    if (walk.shown.getUTCMonth() === 0) return false;
  }
  return true;
}

function reachDay(calendar: CronCalendar, walk: Walk): boolean {
  while (!allowsDay(calendar, walk.shown)) {
    if (walk.begins()) walk.toDay(walk.shown.getUTCMonth(), walk.shown.getUTCDate());
    walk.toDay(walk.shown.getUTCMonth(), walk.shown.getUTCDate() + 1);
    // Where midnight is skipped, the day begins an hour later, or what was taken for it is still the day before.
    const hours = walk.shown.getUTCHours();
    if (hours !== 0) walk.to(walk.moment + (hours > 12 ? 24 - hours : -hours) * hour);
    if (walk.shown.getUTCDate() === 1) return false;
  }
  return true;
}

function allowsDay({ dayOfMonth, dayOfWeek }: CronCalendar, shown: Date): boolean {
  const [byMonth, byWeek] = [dayOfMonth.has(shown.getUTCDate()), dayOfWeek.has(shown.getUTCDay())];
  return dayOfMonth.isOpen || dayOfWeek.isOpen ? byMonth && byWeek : byMonth || byWeek;
}

function reachHour({ hour: hours }: CronCalendar, walk: Walk): boolean {
  while (!hours.has(walk.shown.getUTCHours())) {
    if (walk.begins()) walk.toHour();
    walk.to(walk.moment + hour);
    if (walk.shown.getUTCHours() === 0) return false;
  }
  return true;
}

function reachMinute({ minute: minutes }: CronCalendar, walk: Walk): boolean {
  while (!minutes.has(walk.shown.getUTCMinutes()) || walk.shown.getUTCSeconds() !== 0) {
    walk.to(Math.floor(walk.moment / minute) * minute + minute);
    if (walk.shown.getUTCMinutes() === 0) return false;
  }
  return true;
}
