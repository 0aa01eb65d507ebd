import { ConfigurationError } from '../engine/index.ts';

/** Keys by their ids, and the one that encrypts. */
export interface KeyRing {
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly current: string;
}

/** Of AES-256. Bytes. */
const KEY_LENGTH = 32;
const ID = /^[\w.-]{1,64}$/;

const HOW = 'Make one with: node -p "crypto.randomBytes(32).toString(\'base64\')"';

/** Checks keys. @throws ConfigurationError; its message never has a key in it. */
export function keyRing(
  given: Readonly<Record<string, string | Uint8Array>>,
  current: string | undefined,
  path = 'keys',
): KeyRing {
  const keys = new Map(
    Object.entries(given).map(([id, key]) => [checkedId(id, path), readKey(id, key, path)] as const),
  );
  const [first, ...others] = keys.keys();
  if (first === undefined)
    throw new ConfigurationError(path, 'is empty, so nothing would be encrypted.', { fix: `Give a key. ${HOW}.` });
  if (current === undefined && others.length > 0) {
    throw new ConfigurationError('current', `is missing, and there are ${keys.size} keys.`, {
      fix: 'Name the one that is to encrypt; the others decrypt only.',
    });
  }
  const chosen = current ?? first;
  if (keys.has(chosen)) return { keys, current: chosen };
  throw new ConfigurationError('current', `there is no key '${chosen}'.`, {
    fix: `Name one of ${[...keys.keys()].join(', ')}.`,
  });
}

/**
 * Keys as the environment has them: `id:base64`, several separated by commas; the first one encrypts.
 * @throws ConfigurationError
 */
export function parseKeys(text: string, path: string): KeyRing {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const colon = entry.indexOf(':');
      if (colon > 0) return [entry.slice(0, colon).trim(), entry.slice(colon + 1).trim()] as const;
      throw new ConfigurationError(path, `its entry ${index + 1} has no id.`, {
        fix: 'Write <id>:<base64 of 32 bytes>, several separated by commas; the first one encrypts.',
      });
    });
  const ids = entries.map(([id]) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined)
    throw new ConfigurationError(path, `has the id '${twice}' twice.`, { fix: 'Give each key an id of its own.' });
  return keyRing(Object.fromEntries(entries), ids[0], path);
}

function checkedId(id: string, path: string): string {
  if (ID.test(id)) return id;
  // What stands before a colon could be a key.
  throw new ConfigurationError(path, 'an id of a key is not usable.', {
    fix: 'Ids have 1 to 64 letters, digits, dots, dashes and underscores.',
  });
}

function readKey(id: string, key: string | Uint8Array, path: string): Uint8Array {
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : Uint8Array.from(key);
  if (bytes.length === KEY_LENGTH && (typeof key !== 'string' || isBase64(key))) return bytes;
  throw new ConfigurationError(`${path}.${id}`, `is no base64 of ${KEY_LENGTH} bytes.`, { fix: `${HOW}.` });
}

/** Node skips what is no base64. */
function isBase64(text: string): boolean {
  return /^[\w+/-]{43}=?$/.test(text);
}
