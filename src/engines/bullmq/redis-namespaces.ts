import type { NamespaceRecord } from '../../core/namespace-record.ts';
import type { StoredNamespace } from '../../core/store.ts';
import type { Keys } from './keys.ts';
import { orStoreError, Script } from './redis.ts';
import type { RedisClient } from './redis.ts';

/**
 * Writes what is known of a namespace, if nobody else has since. KEYS: the hash of all. ARGV: name, expected revision, revision and record as text (empty:
 * forget it). @returns 1 when written, 0 on a conflict.
 */
const writeScript = new Script(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
local revision = found and string.match(found, '^(%d+):') or '0'
if revision ~= ARGV[2] then return 0 end
if ARGV[3] == '' then redis.call('HDEL', KEYS[1], ARGV[1]) else redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1`);

/** Keeps what is known of namespaces: in one hash, for all processes. */
export class RedisNamespaces {
  readonly #client: RedisClient;
  readonly #key: string;

  constructor(client: RedisClient, keys: Keys) {
    this.#client = client;
    this.#key = keys.namespaceSettings;
  }

  async read(): Promise<readonly StoredNamespace[]> {
    const found = await orStoreError(this.#client.hgetall(this.#key));
    return Object.values(found).map((text) => {
      const end = text.indexOf(':');
      return { revision: Number(text.slice(0, end)), record: JSON.parse(text.slice(end + 1)) as NamespaceRecord };
    });
  }

  async write(
    name: string,
    record: NamespaceRecord | undefined,
    expectedRevision: number,
  ): Promise<'committed' | 'conflict'> {
    const text = record === undefined ? '' : `${expectedRevision + 1}:${JSON.stringify(record)}`;
    const answer = await writeScript.run(this.#client, [this.#key], [name, expectedRevision, text]);
    return answer === 1 ? 'committed' : 'conflict';
  }
}
