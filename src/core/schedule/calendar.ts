import type { StructuredCalendar } from './canonical.ts';
import { lastYear } from './ranges.ts';
import type { Range } from './ranges.ts';
import type { Zone } from './zone.ts';

/** A calendar in a time zone. Times are whole seconds since the epoch. */
export interface Calendar {
  /** Whether a time is one of the calendar's. */
  matches(at: number): boolean;
  /** The calendar's first time after one; `undefined` when there is none up to the last year. */
  next(after: number): number | undefined;
}

type Matcher = (value: number) => boolean;
type Matchers = Readonly<Record<'year' | 'month' | 'dayOfMonth' | 'dayOfWeek' | 'hour' | 'minute' | 'second', Matcher>>;

const hourSeconds = 3600;

/** The calendar of ranges in a time zone. */
export function compileCalendar(calendar: StructuredCalendar, zone: Zone): Calendar {
  const fields: Matchers = {
    year: calendar.year?.length ? matcher(calendar.year) : () => true,
    month: matcher(calendar.month),
    dayOfMonth: matcher(calendar.dayOfMonth),
    dayOfWeek: matcher(calendar.dayOfWeek),
    hour: matcher(calendar.hour),
    minute: matcher(calendar.minute),
    second: matcher(calendar.second),
  };
  return { matches: (at) => matches(fields, zone, at), next: (after) => new Search(fields, zone, after).next() };
}

function matches(fields: Matchers, zone: Zone, at: number): boolean {
  const shown = zone.wallTime(at);
  return (
    fields.year(shown.year) &&
    fields.month(shown.month) &&
    fields.dayOfMonth(shown.day) &&
    fields.dayOfWeek(shown.dayOfWeek) &&
    fields.hour(shown.hour) &&
    fields.minute(shown.minute) &&
    fields.second(shown.second)
  );
}

function matcher(ranges: readonly Range[] | null | undefined): Matcher {
  const values = new Set<number>();
  for (const { start, end, step } of ranges ?? []) {
    const from = start ?? 0;
    for (let value = from; value <= Math.max(end ?? 0, from); value += step || 1) values.add(value);
  }
  return (value) => values.has(value);
}

/**
 * Looks for a calendar's next time from the year inwards, on the clock of the wall. Hours that clocks there do not show are passed over. An hour that they show
 * twice is taken twice: its second copy is the same hour with an hour added.
 */
class Search {
  readonly #fields: Matchers;
  readonly #zone: Zone;
  #year: number;
  #month: number;
  #day: number;
  #hour: number;
  #minute: number;
  #second: number;
  #isSecondCopy: boolean;

  constructor(fields: Matchers, zone: Zone, after: number) {
    this.#fields = fields;
    this.#zone = zone;
    const shown = zone.wallTime(after);
    this.#year = shown.year;
    this.#month = shown.month;
    this.#day = shown.day;
    this.#hour = shown.hour;
    this.#minute = shown.minute;
    this.#second = shown.second + 1;
    this.#isSecondCopy = zone.wallTime(after - hourSeconds).hour === shown.hour;
  }

  next(): number | undefined {
    for (;;) {
      this.#carry();
      if (this.#year > lastYear) return undefined;
      if (!this.#step()) continue;
      const at = this.#time();
      if (this.#zone.wallTime(at).hour === this.#hour) return this.#isSecondCopy ? at + hourSeconds : at;
      // Clocks were set forward over this hour.
      this.#toHour(this.#hour + 1);
    }
  }

  /** Brings fields that went over their end into the next larger one. */
  #carry(): void {
    if (this.#second >= 60) [this.#minute, this.#second] = [this.#minute + 1, 0];
    if (this.#minute >= 60) this.#leaveHour();
    if (this.#hour >= 24) [this.#day, this.#hour] = [this.#day + 1, 0];
    if (this.#day > daysIn(this.#month, this.#year)) [this.#month, this.#day] = [this.#month + 1, 1];
    if (this.#month > 12) [this.#year, this.#month] = [this.#year + 1, 1];
  }

  /** To the next hour, or the second copy of this one where the next is two hours away. */
  #leaveHour(): void {
    const at = (hour: number): number => this.#zone.timeOf(this.#year, this.#month, this.#day, hour, 0, 0);
    const isRepeated = !this.#isSecondCopy && at(this.#hour + 1) - at(this.#hour) > hourSeconds;
    if (!isRepeated) this.#hour++;
    this.#minute = 0;
    this.#isSecondCopy = isRepeated;
  }

  /** Moves the outermost field that does not match. @returns whether all match. */
  #step(): boolean {
    const { year, month, dayOfMonth, hour, minute, second } = this.#fields;
    if (!year(this.#year)) return this.#toMonth(this.#year + 1, 1);
    if (!month(this.#month)) return this.#toMonth(this.#year, this.#month + 1);
    if (!dayOfMonth(this.#day) || !this.#isDayOfWeek()) {
      this.#day++;
      this.#isSecondCopy = false;
      return this.#toHour(0);
    }
    if (!hour(this.#hour)) {
      this.#isSecondCopy = false;
      return this.#toHour(this.#hour + 1);
    }
    if (!minute(this.#minute)) {
      this.#minute++;
      this.#second = 0;
      return false;
    }
    if (second(this.#second)) return true;
    this.#second++;
    return false;
  }

  #toMonth(year: number, month: number): false {
    this.#year = year;
    this.#month = month;
    this.#day = 1;
    this.#isSecondCopy = false;
    return this.#toHour(0);
  }

  #toHour(hour: number): false {
    this.#hour = hour;
    this.#minute = 0;
    this.#second = 0;
    return false;
  }

  #isDayOfWeek(): boolean {
    return this.#fields.dayOfWeek(this.#zone.wallTime(this.#time()).dayOfWeek);
  }

  #time(): number {
    return this.#zone.timeOf(this.#year, this.#month, this.#day, this.#hour, this.#minute, this.#second);
  }
}

function daysIn(month: number, year: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}
