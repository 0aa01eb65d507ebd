import type { Json } from '../protocol/index.ts';

/** Most characters of a wait's message, and of the arguments that it shows. */
const MAX_LENGTH = 16 * 1024;

/** What is shown of a text or value in lists of waits: all of it, or its beginning as text when it is long. */
export function clip<T extends Json>(value: T): T | string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)} …` : value;
}
