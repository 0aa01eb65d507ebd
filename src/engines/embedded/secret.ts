import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { StoreError } from '../../core/store.ts';

const BYTES = 32;

/**
 * The secret of those who share a database file: text in a file of its own beside it (`perdure.db.key`, mode 0600), made by the first who asks.
 * For memory, a new one. @throws StoreError when the file can be neither read nor made.
 */
export function sharedSecret(path: string | undefined): string {
  const fresh = randomBytes(BYTES).toString('base64url');
  if (path === undefined) return fresh;
  const file = `${path}.key`;
  try {
    return readSecret(file) ?? makeSecret(file, fresh);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new StoreError('unavailable', `The key file ${file} cannot be used (${code}). Check its permissions.`, {
      cause,
    });
  }
}

function readSecret(file: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (text !== '') return text;
  throw new StoreError('corrupt', `The key file ${file} is empty. Restore it, or remove it: then a new one is made.`);
}

/** Of many who make one at once, the first wins: a link is made only where nothing is, and shows a whole file or none. */
function makeSecret(file: string, secret: string): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  try {
    linkSync(draft, file);
    return secret;
  } catch (error) {
    const existing = (error as NodeJS.ErrnoException).code === 'EEXIST' ? readSecret(file) : undefined;
    if (existing === undefined) throw error;
    return existing;
  } finally {
    rmSync(draft, { force: true });
  }
}
