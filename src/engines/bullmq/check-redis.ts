import type { ClusterOptions, RedisOptions } from 'ioredis';
import { ConfigurationError } from '../../engine/index.ts';
import { anything, type Check, count, flag, number, section, show, text } from '../../engine/shape.ts';
import { elsewhere } from './elsewhere.ts';
import type { OwnRedisOptions, RedisSettings } from './options.ts';
import { checkRedisUrl } from './redis-url.ts';

const milliseconds = number(0, 'milliseconds');

/** A user or a password, which is never shown. */
const secret: Check = (path, value) => {
  if (typeof value === 'string') return;
  throw new ConfigurationError(path, `is no text but of the type ${typeof value}.`, { fix: 'Give a string.' });
};

const port: Check = (path, value) => {
  const asNumber = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (Number.isInteger(asNumber) && (asNumber as number) > 0 && (asNumber as number) < 65_536) return;
  throw new ConfigurationError(path, `${show(value)} is no port.`, { fix: 'Give an integer from 1 to 65535.' });
};

const family: Check = (path, value) => {
  if (value === 0 || value === 4 || value === 6) return;
  throw new ConfigurationError(path, `${show(value)} is no family of addresses.`, { fix: 'Give 4, 6, or 0 for both.' });
};

const role: Check = (path, value) => {
  if (value === 'master' || value === 'slave') return;
  throw new ConfigurationError(path, `${show(value)} is no role.`, { fix: "Give 'master' or 'slave'." });
};

const tls: Check = (path, value) => {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw new ConfigurationError(path, `${show(value)} is no object.`, {
    fix: 'Give the options of tls.connect(), {} for the defaults.',
  });
};

const retries: Check = (path, value) => {
  if (value !== null) count(0)(path, value);
};

/** A strategy: a function, or `null` for none. */
const strategy: Check = (path, value) => {
  if (typeof value === 'function' || value === null) return;
  throw new ConfigurationError(path, `${show(value)} is no function.`, {
    fix: 'Give a function as ioredis has it, or null.',
  });
};

const sentinels: Check = (path, value) => {
  const one = section({ host: text, port, family });
  for (const [index, each] of list(path, value, '[{ host, port }]').entries()) one(`${path}[${index}]`, each);
};

const nodes: Check = (path, value) => {
  for (const [index, node] of list(path, value, '[{ host, port }]').entries()) {
    const at = `${path}[${index}]`;
    if (typeof node === 'string') checkRedisUrl(at, node);
    else if (typeof node === 'number') port(at, node);
    else section({ host: text, port })(at, node);
  }
};

function list(path: string, value: unknown, example: string): readonly unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  throw new ConfigurationError(path, 'there are none.', { fix: `Give a list such as ${example}.` });
}

const clusterOptions = {
  clusterRetryStrategy: strategy,
  clusterNodeRetryStrategy: strategy,
  enableOfflineQueue: flag,
  enableReadyCheck: flag,
  scaleReads: anything,
  maxRedirections: count(0),
  retryDelayOnFailover: milliseconds,
  retryDelayOnClusterDown: milliseconds,
  retryDelayOnTryAgain: milliseconds,
  retryDelayOnMoved: milliseconds,
  slotsRefreshTimeout: milliseconds,
  slotsRefreshInterval: milliseconds,
  shardedSubscribers: flag,
  lazyConnect: flag,
  useSRVRecords: flag,
  resolveSrv: anything,
  dnsLookup: anything,
  natMap: anything,
  enableAutoPipelining: flag,
  autoPipeliningIgnoredCommands: anything,
  scripts: anything,
  showFriendlyErrorStack: flag,
  himportFieldsets: anything,
} satisfies Record<Exclude<keyof ClusterOptions, 'keyPrefix' | 'redisOptions'>, Check>;

const cluster: Check = (path, value) => {
  section({ nodes, options: section(clusterOptions, '', elsewhere.cluster) })(path, value);
  nodes(`${path}.nodes`, (value as { nodes?: unknown }).nodes);
};

const redisOptions = {
  url: checkRedisUrl,
  cluster,
  host: text,
  port,
  path: text,
  family,
  tls,
  username: secret,
  password: secret,
  db: count(0),
  name: text,
  role,
  sentinels,
  sentinelUsername: secret,
  sentinelPassword: secret,
  sentinelRetryStrategy: strategy,
  sentinelReconnectStrategy: strategy,
  preferredSlaves: anything,
  sentinelCommandTimeout: milliseconds,
  enableTLSForSentinelMode: flag,
  sentinelTLS: tls,
  natMap: anything,
  updateSentinels: flag,
  sentinelMaxConnections: count(1),
  failoverDetector: flag,
  connectionName: text,
  connectTimeout: milliseconds,
  disconnectTimeout: milliseconds,
  commandTimeout: milliseconds,
  socketTimeout: milliseconds,
  blockingTimeout: anything,
  blockingTimeoutGrace: milliseconds,
  keepAlive: milliseconds,
  noDelay: flag,
  protocol: anything,
  retryStrategy: strategy,
  reconnectOnError: strategy,
  maxRetriesPerRequest: retries,
  maxLoadingRetryTime: milliseconds,
  lazyConnect: flag,
  enableReadyCheck: flag,
  enableOfflineQueue: flag,
  offlineQueue: flag,
  commandQueue: flag,
  autoResubscribe: flag,
  autoResendUnfulfilledCommands: flag,
  enableAutoPipelining: flag,
  autoPipeliningIgnoredCommands: anything,
  readOnly: flag,
  scripts: anything,
  disableClientInfo: flag,
  clientInfoTag: text,
  showFriendlyErrorStack: flag,
  himportFieldsets: anything,
  Connector: anything,
} satisfies Record<Exclude<keyof RedisOptions, OwnRedisOptions> | 'cluster' | 'url', Check>;

/** Options of clusters where those of one server are: everybody looks for them there. */
const misplaced = Object.fromEntries(
  Object.keys(clusterOptions)
    .filter((name) => !Object.hasOwn(redisOptions, name))
    .map((name) => [
      name,
      { problem: 'is an option of clusters.', fix: `Move it to \`redis.cluster.options.${name}\`, or leave it out.` },
    ]),
);

const checkFields = section(redisOptions, '', { ...misplaced, ...elsewhere.redis });

/** Where Redis is. ioredis itself takes any name and any value, and then connects to somewhere else. */
export const redis: Check = (path, value) => {
  if (typeof value === 'string') {
    checkRedisUrl(path, value);
    return;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ConfigurationError(path, 'is neither text nor an object.', {
      fix: 'Give a URL or the options of ioredis.',
    });
  }
  checkFields(path, value);
  for (const other of ['url', 'path', 'sentinels', 'cluster'] as const) {
    if ((value as RedisSettings)[other] === undefined) continue;
    for (const name of ['host', 'port'] as const) {
      if ((value as RedisSettings)[name] === undefined) continue;
      throw new ConfigurationError(`${path}.${name}`, `is set together with \`${other}\`.`, {
        fix: 'Choose one of the two.',
      });
    }
  }
};
