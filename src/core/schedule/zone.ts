/** A moment as a calendar and a clock on the wall show it. Months from 1, days of the week from 0 (Sunday). */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly dayOfWeek: number;
}

/** A time zone: what clocks there show. Times are whole seconds since the epoch. */
export interface Zone {
  /** What clocks show at a time. */
  wallTime(at: number): WallTime;
  /**
   * The time at which clocks show this. Fields may be too large, and are carried over. Where clocks are set back, the time may be either of two; where
   * they are set forward, there is none, and it is one an hour beside: as Go's `time.Date` has it, by which a Temporal server counts.
   */
  timeOf(year: number, month: number, day: number, hour: number, minute: number, second: number): number;
}

const zones = new Map<string, Zone | undefined>();

/** Whether there is a time zone of this name; empty is UTC. */
export function isTimeZone(name: string): boolean {
  return find(name) !== undefined;
}

/** The time zone of a name; empty is UTC. @throws RangeError when there is none. */
export function zoneOf(name: string): Zone {
  const zone = find(name);
  if (zone === undefined) throw new RangeError(`unknown time zone ${name}`);
  return zone;
}

function find(name: string): Zone | undefined {
  if (!zones.has(name)) zones.set(name, make(name));
  return zones.get(name);
}

function make(name: string): Zone | undefined {
  if (name === '' || name === 'UTC') return zoneWith(() => 0);
  // Names of the IANA database only: no offsets, and no other case of letters than theirs.
  if (!/^[A-Za-z]/.test(name) || name === 'Local') return undefined;
  try {
    const format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    const { timeZone } = format.resolvedOptions();
    if (timeZone !== name && timeZone.toLowerCase() === name.toLowerCase()) return undefined;
    return zoneWith(offsetsBy(format));
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Offsets from UTC in seconds. The answers for whole quarters of an hour are kept for a while: no clock is set in between. */
function offsetsBy(format: Intl.DateTimeFormat): (at: number) => number {
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / quarterHour) * quarterHour;
    const before = known.get(quarter);
    if (before !== undefined) return before;
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(quarter * 1000)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) / 1000 - quarter;
    if (known.size >= mostKnown) known.clear();
    known.set(quarter, offset);
    return offset;
  };
}

const quarterHour = 900;
const mostKnown = 10_000;

function zoneWith(offsetAt: (at: number) => number): Zone {
  return {
    wallTime(at) {
      const shown = new Date((at + offsetAt(at)) * 1000);
      return {
        year: shown.getUTCFullYear(),
        month: shown.getUTCMonth() + 1,
        day: shown.getUTCDate(),
        hour: shown.getUTCHours(),
        minute: shown.getUTCMinutes(),
        second: shown.getUTCSeconds(),
        dayOfWeek: shown.getUTCDay(),
      };
    },
    timeOf(year, month, day, hour, minute, second) {
      const shown = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
      const guess = offsetAt(shown);
      return guess === 0 ? shown : shown - offsetAt(shown - guess);
    },
  };
}
