import type { StructuredCalendar } from './canonical.ts';
import { lastYear, textFields } from './ranges.ts';
import type { Range } from './ranges.ts';
import type { Zone } from './zone.ts';

/** A calendar in a time zone. Times are whole seconds since the epoch. */
export interface Calendar {
  /** Whether a time is one of the calendar's. */
  matches(at: number): boolean;
  /** The calendar's first time after one; `undefined` when there is none up to the last year. */
  next(after: number): number | undefined;
  /** Until when, from one of the calendar's times on, all that could be one of them are; there may be more at once after it. */
  until(at: number): number;
}

type Matcher = (value: number) => boolean;
type FieldName = keyof typeof textFields;
type Matchers = Readonly<Record<FieldName, Matcher>>;

const hourSeconds = 3600;

/** The calendar of ranges in a time zone. @param seconds that the times have which it is asked about. Default: any. */
export function compileCalendar(
  calendar: StructuredCalendar,
  zone: Zone,
  seconds: readonly number[] = valuesOf('second'),
): Calendar {
  const fields: Matchers = {
    year: calendar.year?.length ? matcher(calendar.year) : () => true,
    month: matcher(calendar.month),
    dayOfMonth: matcher(calendar.dayOfMonth),
    dayOfWeek: matcher(calendar.dayOfWeek),
    hour: matcher(calendar.hour),
    minute: matcher(calendar.minute),
    second: matcher(calendar.second),
  };
  const isEmpty = fieldNames.some((name) => !valuesOf(name).some(fields[name]));
  const isWhole = (name: FieldName): boolean => (name === 'second' ? seconds : valuesOf(name)).every(fields[name]);
  const stretch = new Stretch(new Set(fieldNames.filter(isWhole)), zone);
  return {
    matches: (at) => matches(fields, zone, at),
    next: (after) => (isEmpty ? undefined : new Search(fields, zone, after).next()),
    until: (at) => stretch.end(at),
  };
}

const fieldNames = Object.keys(textFields) as FieldName[];

/** All values of a field; a Sunday is 0 here. */
function valuesOf(name: FieldName): number[] {
  const { min, max } = textFields[name];
  const end = name === 'dayOfWeek' ? 6 : max;
  return Array.from({ length: end - min + 1 }, (_, index) => min + index);
}

/** How long a calendar's times follow on each other without a gap. */
class Stretch {
  readonly #whole: ReadonlySet<FieldName>;
  readonly #zone: Zone;

  /** @param whole fields of which all values match. */
  constructor(whole: ReadonlySet<FieldName>, zone: Zone) {
    this.#whole = whole;
    this.#zone = zone;
  }

  end(at: number): number {
    const { year, month, day, minute, second } = this.#zone.wallTime(at);
    if (!this.#whole.has('second')) return at + 1;
    if (!this.#whole.has('minute')) return at + 60 - second;
    const hour = at + hourSeconds - 60 * minute - second;
    if (!this.#whole.has('hour')) return hour;
    // Where clocks are set at midnight, the day may begin an hour beside.
    return Math.max(hour, this.#endOfDays(year, month, day));
  }

  #endOfDays(year: number, month: number, day: number): number {
    const begin = (...date: [number, number, number]): number => this.#zone.timeOf(...date, 0, 0, 0);
    if (!this.#whole.has('dayOfMonth') || !this.#whole.has('dayOfWeek')) return begin(year, month, day + 1);
    if (!this.#whole.has('month')) return begin(year, month + 1, 1);
    return begin((this.#whole.has('year') ? lastYear : year) + 1, 1, 1);
  }
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
  const values = new Set(valuesIn(ranges));
  return (value) => values.has(value);
}

/** The values that ranges stand for. */
export function valuesIn(ranges: readonly Range[] | null | undefined): number[] {
  const values: number[] = [];
  for (const { start, end, step } of ranges ?? []) {
    const from = start ?? 0;
    for (let value = from; value <= Math.max(end ?? 0, from); value += step || 1) values.push(value);
  }
  return values;
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
