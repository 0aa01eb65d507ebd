/** A span of time: milliseconds, or text such as `'30 s'`, `'10 minutes'` or `'24h'`. */
export type Time = number | string;

const units: readonly (readonly [pattern: RegExp, milliseconds: number])[] = [
  [/^(ms|msecs?|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
  [/^(w|weeks?)$/, 604_800_000],
];

/** A span of time in milliseconds. @throws TypeError when it is none. */
export function milliseconds(time: Time): number {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*([a-z]+)?$/.exec(String(time).trim().toLowerCase()) ?? [];
  const found = units.find(([pattern]) => pattern.test(unit));
  if (amount === undefined || !found)
    throw new TypeError(`${time} is no time. Say milliseconds as a number, or text such as '30 s' or '24h'.`);
  return Number(amount) * found[1];
}
