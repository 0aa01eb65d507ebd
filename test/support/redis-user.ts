import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { aclRules } from '../../src/engines/bullmq/index.ts';

/** A user of Redis that may do what is documented, and no more. */
export interface RedisUser {
  readonly url: string;
  /** Ends the user. @throws Error when something was refused. */
  close(): Promise<void>;
}

/** ioredis says its name, and the engine asks for `appendfsync`; both do without. */
const MAY_FAIL: ReadonlySet<string | undefined> = new Set(['client|setinfo', 'config|get']);

/** Makes one, for the keys of an engine with this prefix. */
export async function createRedisUser(url: string, prefix: string): Promise<RedisUser> {
  const admin = new Redis(url, { maxRetriesPerRequest: 5 });
  const name = `test-${randomUUID()}`;
  const password = randomBytes(16).toString('hex');
  await admin.call('ACL', 'SETUSER', name, 'on', `>${password}`, ...aclRules(prefix));
  const own = new URL(url);
  own.username = name;
  own.password = password;
  const close = async (): Promise<void> => {
    try {
      const log = (await admin.call('ACL', 'LOG', 128)) as readonly (readonly unknown[])[];
      const refused = log.map(fieldsOf).filter(({ username, object }) => username === name && !MAY_FAIL.has(object));
      const named = refused.map(({ reason, object, context }) => `${reason} ${object} (${context})`);
      if (named.length > 0) throw new Error(`Redis refused: ${named.join(', ')}. See acl.ts.`);
    } finally {
      await admin.call('ACL', 'DELUSER', name);
      admin.disconnect();
    }
  };
  return { url: own.href, close };
}

function fieldsOf(entry: readonly unknown[]): Readonly<Record<string, string>> {
  const pairs = entry.map(String);
  return Object.fromEntries(pairs.flatMap((name, index) => (index % 2 === 0 ? [[name, pairs[index + 1] ?? '']] : [])));
}
