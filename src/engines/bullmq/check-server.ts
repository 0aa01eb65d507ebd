import { Cluster } from 'ioredis';
import type { Redis } from 'ioredis';
import { ConfigurationError } from '../../engine/index.ts';
import type { RedisClient } from './redis.ts';

/** The oldest Redis that has all that is used. */
const OLDEST = [6, 2] as const;

/**
 * Looks whether Redis is set up so that runs are safe in it; in a cluster, whether every primary is.
 * @param warn told about settings that put runs at risk, and about what cannot be seen.
 * @returns the version of Redis.
 * @throws ConfigurationError when runs would get lost, or nothing could be written.
 */
export async function checkServer(client: RedisClient, warn: (message: string) => void): Promise<string> {
  const servers: readonly Redis[] = client instanceof Cluster ? client.nodes('master') : [client];
  // What several servers have in common is said once.
  const warnings = new Set<string>();
  let version = '';
  for (const server of servers) {
    version = await checkInfo(server, client instanceof Cluster, (message) => warnings.add(message));
  }
  for (const message of warnings) warn(message);
  return version;
}

/**
 * Looks whether this user may do what is needed: keys that are refused are noticed when something is written, but messages that are refused would only be
 * missing.
 * @param base what names of our keys and channels of a namespace begin with.
 * @throws ConfigurationError when not.
 */
export async function checkRights(commands: RedisClient, messages: RedisClient, base: string): Promise<void> {
  await allowed(commands.eval("return redis.call('EXISTS', KEYS[1])", 1, `${base}current`));
  const channel = `${base}to:nobody`;
  await allowed(messages.subscribe(channel));
  await allowed(commands.publish(channel, ''));
  await messages.unsubscribe(channel);
}

/** @returns the server's version. */
async function checkInfo(server: Redis, isCluster: boolean, warn: (message: string) => void): Promise<string> {
  const info = await readInfo(server);
  const version = info.get('redis_version') ?? '';
  checkVersion(version);
  checkRole(info, isCluster);
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction') {
    throw new ConfigurationError(
      'redis',
      `drops keys when its memory is full (maxmemory-policy ${policy}): runs would get lost.`,
      { fix: 'Set maxmemory-policy to noeviction.' },
    );
  }
  if (info.get('aof_enabled') === '0') {
    warn(
      'Redis keeps no append-only file: what was committed since its last snapshot is lost when it ends. Set appendonly to yes (redis-server --appendonly yes).',
    );
    return version;
  }
  if (info.get('aof_last_write_status') === 'err') {
    warn(
      'Redis could not write its append-only file the last time: it takes no writes until it can. Look at its log and its disk.',
    );
  }
  await checkFsync(server, warn);
  return version;
}

function checkVersion(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  throw new ConfigurationError('redis', `is version ${version}.`, { fix: `Use ${OLDEST.join('.')} or newer.` });
}

function checkRole(info: ReadonlyMap<string, string>, isCluster: boolean): void {
  if (info.get('role') === 'slave') {
    const primary = `${info.get('master_host')}:${info.get('master_port')}`;
    throw new ConfigurationError('redis', `is a replica of ${primary} and takes no writes.`, {
      fix: 'Name the primary, or let it be found: `sentinels` and `name`, or `cluster`.',
    });
  }
  if (info.get('redis_mode') === 'cluster' && !isCluster) {
    throw new ConfigurationError('redis', 'is one node of a cluster.', {
      fix: 'Give `cluster: { nodes: [{ host, port }] }` instead of `host`, `port` or `url`.',
    });
  }
}

async function checkFsync(server: Redis, warn: (message: string) => void): Promise<void> {
  let policy: string | undefined;
  try {
    [, policy] = await server.config('GET', 'appendfsync');
  } catch {
    // Who may see the configuration may see passwords: users of applications should not, and hosted servers have no such command.
    return;
  }
  if (policy !== 'no') return;
  warn(
    'Redis leaves it to the operating system when its append-only file reaches the disk (appendfsync no): a machine that fails loses about half a ' +
      'minute of what was acknowledged. Set appendfsync to everysec, or to always.',
  );
}

async function readInfo(server: Redis): Promise<ReadonlyMap<string, string>> {
  const text = await allowed(server.info());
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]));
}

/** What a command gives. @throws ConfigurationError when this user may not call it. */
async function allowed<Result>(command: Promise<Result>): Promise<Result> {
  try {
    return await command;
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    throw new ConfigurationError('redis', `refuses what this user has to do: ${error.message}`, {
      fix: 'Give it the rights of docs/redis.md (ACL SETUSER).',
    });
  }
}
