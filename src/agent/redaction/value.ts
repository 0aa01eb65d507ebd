import { isSecretKey, secretValues } from './known-secrets.ts';
import { REDACTED, redactKnown } from './text.ts';

const MOST_LEVELS = 8;
const MOST_ENTRIES = 200;
/** Of a text; what is longer is cut before it is looked through. Characters. */
const LONGEST_TEXT = 16_384;
/** Of errors of models' providers: what was sent and what came back, which is conversation and not news. */
const conversation: ReadonlySet<string> = new Set(['requestBodyValues', 'responseBody', 'prompt', 'rawResponse']);

/**
 * A copy of a value without secrets: values of fields whose name says that they are secret, and secrets in texts. What is no data is told of in a word, errors
 * become objects. Never throws.
 */
export function redactValue(value: unknown): unknown {
  return copy(value, { above: new Set(), known: secretValues(process.env) }, 0);
}

interface Copying {
  /** What is being copied, against circles. */
  readonly above: Set<object>;
  readonly known: readonly string[];
}

function copy(value: unknown, copying: Copying, level: number): unknown {
  if (typeof value === 'string') return redactKnown(cut(value), copying.known);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`;
  if (typeof value !== 'object' || value === null) return value;
  if (copying.above.has(value)) return '[circular]';
  if (level >= MOST_LEVELS) return '[too deep]';
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
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`;
  if (value instanceof URL) return redactKnown(value.href, copying.known);
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map((entry) => copy(entry, copying, level));
  if (value instanceof Map) return copyFields(value.entries(), copying, level);
  if (value instanceof Set) return [...value].slice(0, MOST_ENTRIES).map((entry) => copy(entry, copying, level));
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
    if (++count > MOST_ENTRIES) break;
    if (value === undefined) continue;
    if (conversation.has(name)) copied[name] = '[left out]';
    else
      copied[redactKnown(cut(name), copying.known)] =
        isSecretKey(name) && hidesSomething(value) ? REDACTED : copy(value, copying, level);
  }
  return copied;
}

/** A flag or a number of that name says something about a secret, and is none. */
function hidesSomething(value: unknown): boolean {
  return value !== null && typeof value !== 'boolean' && value !== '';
}

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
