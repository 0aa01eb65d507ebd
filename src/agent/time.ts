import { DefinitionError } from './errors.ts';
import type { Time } from './types.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every unit by all of its names. */
const units: Readonly<Record<string, number>> = Object.fromEntries(
  (
    [
      [1, 'ms millisecond milliseconds'],
      [SECOND, 's sec secs second seconds'],
      [MINUTE, 'm min mins minute minutes'],
      [HOUR, 'h hr hrs hour hours'],
      [DAY, 'd day days'],
      [7 * DAY, 'w week weeks'],
    ] as const
  ).flatMap(([length, names]) => names.split(' ').map((name) => [name, length])),
);

const FIX = "Give milliseconds as a number above 0, or text such as '30 s', '5 minutes' or '24h'.";

/**
 * A time in milliseconds.
 * @param path where it was given, for the error.
 * @throws DefinitionError when it is neither a positive number nor a number with a unit.
 */
export function parseTime(time: Time, path: string): number {
  const milliseconds = typeof time === 'number' ? time : parseText(time);
  if (milliseconds === undefined || !Number.isFinite(milliseconds) || milliseconds <= 0)
    throw new DefinitionError(path, `${JSON.stringify(time) ?? String(time)} is no time.`, { fix: FIX });
  return Math.max(1, Math.round(milliseconds));
}

function parseText(text: unknown): number | undefined {
  if (typeof text !== 'string') return undefined;
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  if (amount === undefined || unit === undefined || !Object.hasOwn(units, unit.toLowerCase())) return undefined;
  return Number(amount) * (units[unit.toLowerCase()] ?? Number.NaN);
}
