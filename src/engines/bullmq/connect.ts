import { Cluster, Redis } from 'ioredis';
import { ConfigurationError, EngineUnavailableError } from '../../engine/index.ts';
import { checkServer } from './check-server.ts';
import type { RedisSettings } from './options.ts';
import { addressOf } from './redis-url.ts';
import type { RedisClient } from './redis.ts';

/** How often a command is tried on new connections before it fails. */
const RETRIES = 20;
const LONGEST_WAIT_MS = 500;
/** After which a connection counts as gone that was asked and says nothing. Longer than BullMQ waits for jobs (10 s). */
const SILENCE_MS = 15_000;

/** The connections of an engine. */
export interface Connections {
  /** For commands; fails when Redis is away for some seconds. */
  readonly commands: RedisClient;
  /** For messages: a connection to one server, in a cluster to any of its nodes. */
  readonly messages: Redis;
  /** For BullMQ, which waits for ever. */
  readonly jobs: RedisClient;
  /** Shown in messages. */
  readonly address: string;
  /** Of Redis. */
  readonly version: string;
  close(): void;
}

/**
 * Connects, and looks whether Redis is set up so that runs are safe in it.
 * @param warn told about settings that put runs at risk.
 * @throws EngineUnavailableError when there is no Redis; ConfigurationError when it refuses the credentials, or is set up so that runs would get lost.
 */
export async function connect(settings: RedisSettings, warn: (message: string) => void): Promise<Connections> {
  const clients: RedisClient[] = [];
  const close = (): void => {
    for (const client of clients) client.disconnect();
  };
  const open = <Client extends RedisClient>(client: Client): Client => {
    // Failures are seen where commands fail.
    client.on('error', () => undefined);
    clients.push(client);
    return client;
  };
  const commands = open(makeClient(settings, RETRIES));
  const jobs = open(makeClient(settings, null));
  const address = addressOf(settings);
  try {
    await firstContact(commands, address);
    const version = await checkServer(commands, warn);
    const messages = open(commands instanceof Cluster ? nodeOf(commands) : makeRedis(settings, null));
    await Promise.all([messages.connect(), jobs.connect()]);
    return { commands, messages, jobs, address, version, close };
  } catch (error) {
    close();
    throw error;
  }
}

function makeClient(settings: RedisSettings, retries: number | null): RedisClient {
  const { url: _, cluster, ...options } = settings;
  if (cluster === undefined) return makeRedis(settings, retries);
  return new Cluster([...cluster.nodes], {
    clusterRetryStrategy: retryStrategy,
    ...cluster.options,
    lazyConnect: true,
    redisOptions: { socketTimeout: SILENCE_MS, ...options, maxRetriesPerRequest: retries },
  });
}

function makeRedis(settings: RedisSettings, retries: number | null): Redis {
  const { url, cluster: _, ...options } = settings;
  const all = {
    socketTimeout: SILENCE_MS,
    retryStrategy,
    ...options,
    maxRetriesPerRequest: retries,
    lazyConnect: true,
  };
  return url === undefined ? new Redis(all) : new Redis(url, all);
}

/**
 * A connection to one node of a cluster, each time to another one. What a cluster's client listens by is replaced without a word when it is gone, and
 * whoever listens has to know that messages may have been lost.
 */
function nodeOf(cluster: Cluster): Redis {
  const choose = (): Redis | undefined => {
    const all = cluster.nodes('all');
    // Those that commands go to are there.
    const ready = all.filter(({ status }) => status === 'ready');
    const nodes = ready.length > 0 ? ready : all;
    return nodes[Math.floor(Math.random() * nodes.length)];
  };
  const first = choose();
  if (first === undefined) throw new Error('the cluster has no nodes');
  const { replyMapping: _, ...options } = first.options;
  const client: Redis = new Redis({
    ...options,
    maxRetriesPerRequest: null,
    lazyConnect: true,
    retryStrategy: (times: number) => {
      const { host, port } = (choose() ?? client).options;
      Object.assign(client.options, { host, port });
      return retryStrategy(times);
    },
  });
  return client;
}

function retryStrategy(times: number): number {
  return Math.min(times * 50, LONGEST_WAIT_MS);
}

async function firstContact(client: RedisClient, address: string): Promise<void> {
  // What `connect` throws says only that there is no connection; why, is told by an event.
  let reason: unknown;
  const onError = (error: unknown): void => void (reason ??= error);
  client.on('error', onError);
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const cause = reason ?? error;
    const refusal = refusalOf(cause);
    if (refusal !== undefined) {
      throw new ConfigurationError('redis', `refuses the credentials at ${address}: ${refusal}.`, {
        fix: 'Correct user and password, in REDIS_URL or the option redis.',
        cause,
      });
    }
    throw new EngineUnavailableError(
      `No Redis answers at ${address}: ${textOf(cause)}. Start one (redis-server --appendonly yes), or say by REDIS_URL or the option redis where it is.`,
      { cause },
    );
  } finally {
    client.off('error', onError);
  }
}

/** Some errors of sockets have no message but a code. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  return withoutStop(error.message) || (code ?? error.name);
}

/** What Redis says about credentials that are missing or wrong. In a cluster it is said by the last node that was asked. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (/^(NOAUTH|WRONGPASS)\b/.test(error.message)) return withoutStop(error.message);
  return 'lastNodeError' in error ? refusalOf(error.lastNodeError) : undefined;
}

function withoutStop(message: string): string {
  return message.replace(/\.$/, '');
}
