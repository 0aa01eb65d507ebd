/** Clocks of one place: what they show at a moment, and when they show something. Times are milliseconds since the epoch. */
export interface TimeZone {
  /** What clocks there show at the moment: as many milliseconds as if the same were shown in UTC. */
  wallTime(moment: number): number;
  /**
   * The moment at which clocks there show this wall time. Of a wall time that is skipped or comes twice, the moment that Go's `time.Date` takes,
   * and so a Temporal server.
   */
  moment(wallTime: number): number;
}

/** Coordinated universal time. */
export const utc: TimeZone = { wallTime: (moment) => moment, moment: (wallTime) => wallTime };

/** A zone by its name in the IANA database, as `Europe/Berlin`; `undefined` when there is none. An empty name is UTC. */
export function timeZone(name: string): TimeZone | undefined {
  if (name === '' || name === 'UTC') return utc;
  // JavaScript takes offsets for names, too.
  if (!/^[A-Za-z]/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', era: 'short', ...numeric });
  } catch {
    return undefined;
  }
  const offset = (moment: number): number => shown(format, moment) - Math.floor(moment / 1000) * 1000;
  return {
    wallTime: (moment) => moment + offset(moment),
    moment: (wallTime) => {
      const first = offset(wallTime);
      const moment = wallTime - first;
      const second = offset(moment);
      return first === second ? moment : wallTime - second;
    },
  };
}

const numeric = {
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
  minute: 'numeric',
  second: 'numeric',
} as const;

/** Whole seconds, as if what is shown were UTC. */
function shown(format: Intl.DateTimeFormat, moment: number): number {
  const part = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of format.formatToParts(moment)) if (type in part) part[type as 'year'] = Number(value);
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second);
}
