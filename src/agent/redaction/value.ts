import { isSecretKey, secretValues } from './known-secrets.ts';
import { REDACTED, redactBeginning, redactKnown } from './text.ts';

/** How much of a value is kept. */
interface Limits {
  readonly levels: number;
  /** Of a list or an object. */
  readonly entries: number;
  /** Of a text. Characters. */
  readonly text: number;
  /** Fields that are left out. */
  readonly without: ReadonlySet<string>;
}

const ofLogs: Limits = {
  levels: 8,
  entries: 200,
  text: 16_384,
  // Of errors of models' providers: what was sent and what came back, which is conversation and not news.
  without: new Set(['requestBodyValues', 'responseBody', 'prompt', 'rawResponse']),
};
const none: Limits = { levels: Infinity, entries: Infinity, text: Infinity, without: new Set() };

/**
 * A copy of a value for logs, without secrets: values of fields whose name says that they are secret, and secrets in texts. What is no data is told of in a
 * word, errors become objects, and what is huge is cut. Never throws.
 */
export function redactValue(value: unknown): unknown {
  return copy(value, { above: new Set(), known: secretValues(process.env), limits: ofLogs }, 0);
}

/** As `redactValue`, of a value that somebody relies on: nothing is missing in the copy but secrets. */
export function redactData(value: unknown): unknown {
  return copy(value, { above: new Set(), known: secretValues(process.env), limits: none }, 0);
}

interface Copying {
  /** What is being copied, against circles. */
  readonly above: Set<object>;
  readonly known: readonly string[];
  readonly limits: Limits;
}

function copy(value: unknown, copying: Copying, level: number): unknown {
  if (typeof value === 'string') return redactText(value, copying);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (copying.above.has(value)) return '[circular]';
  if (level >= copying.limits.levels) return '[too deep]';
  copying.above.add(value);
  try {
    return copyObject(value, copying, level + 1);
  } catch {
    return '[unreadable]';
  } finally {
    copying.above.delete(value);
  }
}

function copyObject(value: object, copying: Copying, level: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return copying.limits === none ? value : `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactKnown(value.href, copying.known);
  if (Array.isArray(value)) return value.slice(0, copying.limits.entries).map((entry) => copy(entry, copying, level));
  if (value instanceof Map) return copyFields(value.entries(), copying, level);
  if (value instanceof Set)
    return [...value].slice(0, copying.limits.entries).map((entry) => copy(entry, copying, level));
  if (value instanceof Headers) return copyFields(value.entries(), copying, level);
  if (value instanceof Error) return copyError(value, copying, level);
  return copyFields(Object.entries(value), copying, level);
}

function copyError(error: Error, copying: Copying, level: number): unknown {
  const { name, message, stack, cause } = error;
  const own = Object.entries(error).filter(([field, value]) => field !== 'cause' && value !== undefined);
  const fields: [string, unknown][] = [['type', name], ['message', message], ['stack', stack], ...own];
  if (cause !== undefined) fields.push(['cause', cause]);
  return copyFields(fields, copying, level);
}

function copyFields(entries: Iterable<readonly [unknown, unknown]>, copying: Copying, level: number): object {
  const copied: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  let count = 0;
  for (const [key, value] of entries) {
    const name = String(key);
    if (++count > copying.limits.entries) break;
    if (value === undefined) continue;
    if (copying.limits.without.has(name)) copied[name] = '[left out]';
    else
      copied[redactText(name, copying)] =
        isSecretKey(name) && hidesSomething(value) ? REDACTED : copy(value, copying, level);
  }
  return copied;
}

/** A flag of that name says something about a secret, and is none. */
function hidesSomething(value: unknown): boolean {
  return value !== null && typeof value !== 'boolean' && value !== '';
}

function redactText(text: string, { known, limits }: Copying): string {
  const kept = redactBeginning(text, limits.text, known);
  return text.length > limits.text ? `${kept}…` : kept;
}
