import type { temporal } from '@temporalio/proto';
import { ScheduleProblem } from './problem.ts';

/** A stretch of values in a field of a calendar; what is 0 has its default: `end` is `start`, `step` is 1. */
export type Range = temporal.api.schedule.v1.IRange;

/** The first year that a calendar may name. */
export const firstYear = 2000;
/** The last year in which a calendar has times. */
export const lastYear = 2100;

/** A field of a calendar: what its values may be. */
export interface Field {
  /** As messages call it. */
  readonly name: 'Second' | 'Minute' | 'Hour' | 'DayOfMonth' | 'Month' | 'Year' | 'DayOfWeek';
  readonly min: number;
  readonly max: number;
  /** What an empty text stands for. */
  readonly default: string;
  /** Names that stand for values, from `firstName` on; any beginning of at least `shortest` letters will do. */
  readonly names?: readonly string[];
  readonly firstName?: number;
  readonly shortest?: number;
}

type FieldName = 'second' | 'minute' | 'hour' | 'dayOfWeek' | 'dayOfMonth' | 'month' | 'year';

const months = 'january february march april may june july august september october november december'.split(' ');
const days = 'sunday monday tuesday wednesday thursday friday saturday'.split(' ');

/** The fields as their texts are read; here a Sunday may also be 7. */
export const textFields: Readonly<Record<FieldName, Field>> = {
  second: { name: 'Second', min: 0, max: 59, default: '0' },
  minute: { name: 'Minute', min: 0, max: 59, default: '0' },
  hour: { name: 'Hour', min: 0, max: 23, default: '0' },
  dayOfWeek: { name: 'DayOfWeek', min: 0, max: 7, default: '*', names: days, firstName: 0, shortest: 2 },
  dayOfMonth: { name: 'DayOfMonth', min: 1, max: 31, default: '*' },
  month: { name: 'Month', min: 1, max: 12, default: '*', names: months, firstName: 1, shortest: 3 },
  year: { name: 'Year', min: firstYear, max: lastYear, default: '*' },
};

/**
 * The ranges of a field's text: `*`, `5`, `1-5`, `1-5/2`, `5/10` (from 5 to the end), or several of those with commas between them.
 * @returns none for all years.
 * @throws ScheduleProblem in the server's words.
 */
export function parseRanges(text: string | null | undefined, field: Field): Range[] {
  const trimmed = (text ?? '').trim() || field.default;
  if (trimmed === '*' && field.name === 'Year') return [];
  return trimmed.split(',').flatMap((part) => parseRange(part, field));
}

function parseRange(part: string, field: Field): Range[] {
  const { text, step, hasStep } = splitStep(part, field.name);
  const { start, end: last } = bounds(text, field, hasStep);
  let end = last;
  const before: Range[] = [];
  if (field.name === 'DayOfWeek' && end === 7) {
    // Sunday is 0: a range that reaches 7 ends with 6, and gets a 0 of its own where it does not begin there anyway.
    const touches = (7 - start) % step === 0;
    if (touches && (step > 1 || start > 1)) {
      before.push({ start: 0 });
      if (start === 7) return before;
    }
    end = 6;
  }
  return [...before, { start, end: start === end ? 0 : end, step: step === 1 ? 0 : step }];
}

function splitStep(part: string, name: string): { text: string; step: number; hasStep: boolean } {
  const [text = '', stepText, ...more] = part.split('/');
  if (more.length > 0) throw new ScheduleProblem(`${name} has too many slashes`);
  if (stepText === undefined) return { text, step: 1, hasStep: false };
  if (stepText === '') throw new ScheduleProblem(`${name} missing step value`);
  const step = integer(stepText);
  if (step === undefined) {
    throw new ScheduleProblem(`strconv.Atoi: parsing ${JSON.stringify(stepText)}: invalid syntax`);
  }
  if (step < 1) throw new ScheduleProblem(`${name} has invalid Step`);
  return { text, step, hasStep: true };
}

function bounds(text: string, field: Field, hasStep: boolean): { start: number; end: number } {
  const { name, min, max } = field;
  if (text === '*') return { start: min, end: max };
  const [first = '', last, ...more] = text.split('-');
  if (more.length > 0) throw new ScheduleProblem(`${name} has too many dashes`);
  const start = value(first, min, field);
  if (last === undefined) {
    if (start === undefined) throw new ScheduleProblem(`${name} is not in range [${min}-${max}]`);
    return { start, end: hasStep ? max : start };
  }
  if (start === undefined) throw new ScheduleProblem(`${name} Start is not in range [${min}-${max}]`);
  const end = value(last, start, field);
  if (end === undefined) throw new ScheduleProblem(`${name} End is before Start or not in range [${min}-${max}]`);
  return { start, end };
}

/** A number or a name between `min` and the field's end; `undefined` when it is none. */
function value(text: string, min: number, field: Field): number | undefined {
  const { names = [], firstName = 0, shortest = Infinity, max } = field;
  const index = text.length < shortest ? -1 : names.findIndex((name) => name.startsWith(text.toLowerCase()));
  const found = index < 0 ? integer(text) : index + firstName;
  return found === undefined || found < min || found > max ? undefined : found;
}

function integer(text: string): number | undefined {
  return /^[-+]?\d+$/.test(text) ? Number(text) : undefined;
}
