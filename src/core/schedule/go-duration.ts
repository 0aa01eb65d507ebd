import { ScheduleProblem } from './problem.ts';

const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Go counts nanoseconds in 64 bits: about 292 years. */
const longestMs = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration in the server's spelling, such as `1h30m`, `1.5h` or `2d`.
 * @throws ScheduleProblem in the words of Go's `time.ParseDuration`.
 */
export function parseDuration(text: string): number {
  const quoted = JSON.stringify(text);
  const invalid = (): ScheduleProblem => new ScheduleProblem(`time: invalid duration ${quoted}`);
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[-+]/, '');
  if (rest === '0') return 0;
  if (rest === '') throw invalid();
  let total = 0;
  while (rest !== '') {
    const [matched, digits = '', unit = ''] = /^(\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
    if (matched === undefined) throw invalid();
    if (unit === '') throw new ScheduleProblem(`time: missing unit in duration ${quoted}`);
    const factor = Object.hasOwn(unitMs, unit) ? unitMs[unit] : undefined;
    if (factor === undefined) {
      throw new ScheduleProblem(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`);
    }
    total += Number(digits) * factor;
    if (total >= longestMs) throw invalid();
    rest = rest.slice(matched.length);
  }
  return sign * total;
}
