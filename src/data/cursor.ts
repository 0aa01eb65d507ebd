import { checkKey } from './check.ts';
import { DataInvalidError } from './errors.ts';

/** Says how far a page went: to this key. */
export function toCursor(key: string): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

/** The key that the page before ended with. @throws DataInvalidError */
export function fromCursor(cursor: unknown): string {
  try {
    const [version, key, ...rest] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString()) as unknown[];
    checkKey(key as string);
    if (version === 1 && rest.length === 0 && toCursor(key as string) === cursor) return key as string;
  } catch {
    // Told below.
  }
  throw new DataInvalidError('cursor', 'it is none of ours. Give that of the page before, as it came, or none.');
}
