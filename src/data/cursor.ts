import { DataInvalidError } from './errors.ts';

/** Says how far a page went: to this key. */
export function toCursor(key: string): string {
  return Buffer.from(JSON.stringify([1, key])).toString('base64url');
}

/** The key that the page before ended with. @throws DataInvalidError */
export function fromCursor(cursor: unknown): string {
  try {
    const [version, key, ...rest] = JSON.parse(Buffer.from(String(cursor), 'base64url').toString()) as unknown[];
    if (version === 1 && typeof key === 'string' && rest.length === 0 && toCursor(key) === cursor) return key;
  } catch {
    // Told below.
  }
  throw new DataInvalidError('cursor', 'it is none of ours. Give that of the page before, as it came, or none.');
}
