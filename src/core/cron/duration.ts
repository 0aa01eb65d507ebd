const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** A duration as Go writes it, such as `1h30m` or `1.5s`, in milliseconds; `undefined` when it is none. */
export function parseGoDuration(text: string): number | undefined {
  const [, sign, amounts = ''] = /^([+-]?)(.*)$/.exec(text) ?? [];
  if (amounts === '0') return 0;
  if (!/^((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+$/.test(amounts)) return undefined;
  let total = 0;
  for (const [, amount, unit] of amounts.matchAll(/(\d+\.?\d*|\.\d+)(\D+)/g)) {
    total += Number(amount) * (units[unit ?? ''] ?? 0);
  }
  return sign === '-' ? -total : total;
}
