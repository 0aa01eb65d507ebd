/** The values that a field of a cron schedule allows. */
export interface CronField {
  /** Whether this one is allowed. */
  has(value: number): boolean;
  /** It says `*` or `?`: it asks for nothing. Days of the month and of the week are combined by that. */
  readonly isOpen: boolean;
}

/** Bounds of a field, both inclusive, and names of its values, from the lowest. */
export interface CronBounds {
  /** Lowest value. */
  readonly min: number;
  /** Highest value. */
  readonly max: number;
  /** Of values, in lower case. */
  readonly names?: readonly string[];
}

/**
 * A field, as `1,10-20/5,mon`; `undefined` when it is none. Read as robfig/cron reads it, whose rules a Temporal server has: `5/15` goes on to the
 * highest value, empty parts of a list are passed over.
 */
export function parseCronField(text: string, bounds: CronBounds): CronField | undefined {
  const values = new Set<number>();
  let isOpen = false;
  for (const part of text.split(',')) {
    if (part === '') continue;
    const range = parseRange(part, bounds);
    if (range === undefined) return undefined;
    isOpen ||= range.isOpen;
    for (let value = range.start; value <= range.end; value += range.step) values.add(value);
  }
  return { has: (value) => values.has(value), isOpen };
}

interface Range {
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly isOpen: boolean;
}

function parseRange(text: string, bounds: CronBounds): Range | undefined {
  const [interval = '', stepText, ...tooMany] = text.split('/');
  const [low = '', high, ...tooManyEnds] = interval.split('-');
  if (tooMany.length > 0) return undefined;
  const isStar = low === '*' || low === '?';
  if (tooManyEnds.length > 0 && !isStar) return undefined;
  const start = isStar ? bounds.min : parseValue(low, bounds);
  const step = stepText === undefined ? 1 : parseNumber(stepText);
  if (start === undefined || step === undefined || step === 0) return undefined;
  const last = isStar || (high === undefined && stepText !== undefined) ? bounds.max : parseEnd(high, start, bounds);
  if (last === undefined || start < bounds.min || last > bounds.max || start > last) return undefined;
  return { start, end: last, step, isOpen: isStar && step === 1 };
}

function parseEnd(text: string | undefined, start: number, bounds: CronBounds): number | undefined {
  return text === undefined ? start : parseValue(text, bounds);
}

function parseValue(text: string, { min, names = [] }: CronBounds): number | undefined {
  const place = names.indexOf(text.toLowerCase());
  return place >= 0 ? min + place : parseNumber(text);
}

function parseNumber(text: string): number | undefined {
  return /^\+?\d+$/.test(text) ? Number(text) : undefined;
}
