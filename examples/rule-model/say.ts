import { inWords } from './tools.ts';

/** A JSON value as a person would say it. It knows nothing of orders: names of fields are all it has. */
export function say(value: unknown): string {
  if (Array.isArray(value)) return sayList(value);
  if (!isRecord(value)) return scalar(value);
  const { currency, ...rest } = value;
  const fields = Object.entries(rest).filter(([, each]) => each !== null && each !== undefined && each !== '');
  const [title, ...others] = fields;
  if (title === undefined) return 'I found nothing.';
  const status = others.find(([name]) => name === 'status');
  const about = isScalar(title[1]) ? `${inWords(title[0])} ${scalar(title[1])}` : inWords(title[0]);
  const head = `${capital(about)}${status ? ` is ${scalar(status[1])}` : ''}.`;
  const lines = others.filter((field) => field !== status).map((field) => `  ${sayField(field, currency)}`);
  if (!isScalar(title[1])) lines.unshift(`  ${sayField(title, currency)}`);
  return [head, ...lines].join('\n');
}

function sayList(list: readonly unknown[]): string {
  if (list.length === 0) return 'I found nothing.';
  if (!isRecord(list[0])) return list.map(scalar).join(', ');
  return list.map((each) => `- ${sayInline(each)}`).join('\n');
}

function sayField([name, value]: readonly [string, unknown], currency: unknown): string {
  if (Array.isArray(value) && isRecord(value[0]))
    return `${inWords(name)}:\n${value.map((each) => `    - ${sayInline(each, currency)}`).join('\n')}`;
  return `${inWords(name)}: ${sayInline(value, currency, name)}`;
}

/** On one line: `2 × 4.50 EUR` needs no field names, `on: 9 March 2026` does without, too. */
function sayInline(value: unknown, currency?: unknown, name?: string): string {
  if (Array.isArray(value)) return value.map((each) => sayInline(each, currency)).join(', ') || 'none';
  if (!isRecord(value))
    return isMoney(name) && typeof value === 'number' && currency ? money(value, currency) : scalar(value);
  const own = value['currency'] ?? currency;
  return Object.entries(value)
    .filter(([key]) => key !== 'currency')
    .map(([key, each]) =>
      typeof each === 'number' && !isMoney(key) ? `${inWords(key)} ${each}` : sayInline(each, own, key),
    )
    .join(', ');
}

function isMoney(name: string | undefined): boolean {
  return name !== undefined && /total|price|amount|paid/.test(name);
}

function money(amount: number, currency: unknown): string {
  return `${amount.toFixed(2)} ${String(currency)}`;
}

function scalar(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value))
    return isScalar(value) ? String(value) : JSON.stringify(value);
  return new Date(value).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value !== 'object' || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
