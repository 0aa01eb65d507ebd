import type { Json } from '../../workflow/protocol/index.ts';
import { oneLine, safe } from './escape.ts';

/** A value on one line: text as it is, all else as JSON. */
export function brief(value: unknown): string {
  if (value === undefined) return '';
  return oneLine(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A value for people to read: text as it is, all else as JSON with indents. */
export function readable(value: Json | undefined): string {
  return safe(typeof value === 'string' ? value : JSON.stringify(value ?? null, null, 2));
}

/** Lines moved to the right, all but the first. */
export function hanging(text: string, indent: string): string {
  return text.replaceAll('\n', `\n${indent}`);
}

/** A text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./~-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
