/** The longest that a provider may make us wait: 10 minutes. */
const LONGEST_RETRY_DELAY = 600_000;

/**
 * How long a provider asks us to wait before the next attempt, from its response headers: milliseconds, at most `LONGEST_RETRY_DELAY`.
 * @param now for those that name a date, in milliseconds since the epoch.
 * @returns `undefined` when it doesn't say, says nonsense, or names a time that is over.
 */
export function retryDelay(headers: Readonly<Record<string, string>> | undefined, now: number): number | undefined {
  if (!headers) return undefined;
  const named = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  const milliseconds = numberIn(named.get('retry-after-ms'));
  if (milliseconds !== undefined) return capped(milliseconds);
  const text = named.get('retry-after');
  const seconds = numberIn(text);
  if (seconds !== undefined) return capped(seconds * 1000);
  const date = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(date) ? undefined : capped(date - now);
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

function capped(delay: number): number | undefined {
  return delay > 0 ? Math.ceil(Math.min(delay, LONGEST_RETRY_DELAY)) : undefined;
}
