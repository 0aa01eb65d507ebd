import { Keys } from './keys.ts';

/** What this engine and BullMQ's own scripts do with keys. */
const ON_KEYS =
  'bzpopmin decrby del exists get hdel hexists hget hgetall hincrby hlen hmget hmset hset hsetnx hstrlen incr incrby lindex llen lpop lpos lpush lrange ' +
  'lrem lset ltrim persist pexpire pexpireat pttl rename rpop rpoplpush rpush sadd scard set setnx sismember smembers srem type unlink xadd xdel xlen ' +
  'xrange xread xtrim zadd zcard zcount zlexcount zpopmin zrange zrangebylex zrangebyscore zrem zremrangebyrank zremrangebyscore zrevrange ' +
  'zrevrangebyscore zscan zscore';

/** Scripts, messages, connections; `cluster` and `readonly` for clusters, `client|list` for BullMQ's `getWorkers`. */
const BESIDE =
  'eval evalsha script|exists script|load multi exec time publish subscribe unsubscribe pubsub|numsub ping quit info select readonly cluster|info ' +
  'cluster|slots client|id client|list client|setname';

/**
 * Rights that suffice for the engine and for BullMQ's queues and dashboards, as rules for `ACL SETUSER <name> on ><password> …`. They reach no keys but
 * those of the engine, and no command that sees or changes the server's settings.
 * @param prefix as in the options of the engine.
 */
export function aclRules(prefix = 'perdure'): readonly string[] {
  const name = new Keys(prefix).prefix.replaceAll(/[*?[\]\\]/g, (character) => `\\${character}`);
  const commands = [...ON_KEYS.split(' '), ...BESIDE.split(' ')].map((command) => `+${command}`);
  return ['resetkeys', `~${name}:*`, `~{${name}.*}:*`, 'resetchannels', `&{${name}.*}:*`, '-@all', ...commands];
}
