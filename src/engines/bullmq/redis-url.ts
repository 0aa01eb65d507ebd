import { ConfigurationError } from '../../engine/index.ts';
import type { RedisSettings } from './options.ts';

const FIX =
  'Give redis://user:password@host:port/database, or rediss:// for TLS, with user and password percent-encoded.';

/**
 * Looks whether something is the URL of a Redis. What is wrong with it is said without showing it, as it may hold a password.
 * @param path where it comes from: an option or a variable.
 * @throws ConfigurationError when it is none.
 */
export function checkRedisUrl(path: string, url: unknown): void {
  if (typeof url !== 'string' || url.trim() === '') throw new ConfigurationError(path, 'is no text.', { fix: FIX });
  const scheme = /^([a-z][a-z\d+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    throw new ConfigurationError(path, 'does not begin with redis:// or rediss://.', { fix: FIX });
  }
  if (!['redis', 'rediss'].includes(scheme)) {
    throw new ConfigurationError(path, `is of the scheme ${scheme}:, which is not Redis.`, { fix: FIX });
  }
  const parsed = URL.parse(url);
  if (parsed === null || !isDecodable(parsed)) throw new ConfigurationError(path, 'is no valid URL.', { fix: FIX });
  // A password with a slash or a hash that is not encoded ends the host too early.
  if (!/^\/?\d*$/.test(parsed.pathname) || parsed.hash !== '') {
    throw new ConfigurationError(path, 'has something else than the number of a database after its host.', {
      fix: FIX,
    });
  }
}

function isDecodable({ username, password }: URL): boolean {
  try {
    return decodeURIComponent(username + password) !== undefined;
  } catch {
    return false;
  }
}

/** Where a Redis is, for messages: host, port and database, never a password. */
export function addressOf({ url, cluster, host, port, path, sentinels, name }: RedisSettings): string {
  if (cluster !== undefined) return `cluster ${cluster.nodes.map(nodeName).join(', ')}`;
  if (sentinels !== undefined) return `sentinel ${name ?? ''}`;
  if (url !== undefined) return urlAddress(url);
  return path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`;
}

function urlAddress(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return 'its URL';
  const database = /^\/\d+$/.test(parsed.pathname) ? parsed.pathname : '';
  return `${parsed.protocol}//${parsed.host || '127.0.0.1'}${database}`;
}

function nodeName(node: unknown): string {
  if (typeof node === 'string') return urlAddress(node);
  if (typeof node !== 'object' || node === null) return `127.0.0.1:${String(node)}`;
  const { host = '127.0.0.1', port = 6379 } = node as { host?: string; port?: number };
  return `${host}:${port}`;
}
