import { Cluster, Redis } from 'ioredis';
import { EngineUnavailableError } from '../../engine/index.ts';
import { checkServer } from './check-server.ts';
import type { RedisSettings } from './options.ts';
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
  /** For messages. */
  readonly messages: RedisClient;
  /** For BullMQ, which waits for ever. */
  readonly jobs: RedisClient;
  /** Shown in messages. */
  readonly address: string;
  close(): void;
}

/**
 * Connects, and looks whether Redis is set up so that runs are safe in it.
 * @param warn told about settings that put runs at risk.
 * @throws EngineUnavailableError when there is no Redis; ConfigurationError when it is set up so that runs would get lost.
 */
export async function connect(settings: RedisSettings, warn: (message: string) => void): Promise<Connections> {
  const clients = [RETRIES, null, null].map((retries) => makeClient(settings, retries));
  const close = (): void => {
    for (const client of clients) client.disconnect();
  };
  const [commands, messages, jobs] = clients as [RedisClient, RedisClient, RedisClient];
  const address = addressOf(settings);
  try {
    await firstContact(commands, address);
    await checkServer(commands, warn);
    await Promise.all([messages.connect(), jobs.connect()]);
  } catch (error) {
    close();
    throw error;
  }
  return { commands, messages, jobs, address, close };
}

function makeClient({ url, cluster, ...options }: RedisSettings, retries: number | null): RedisClient {
  const each = { socketTimeout: SILENCE_MS, ...options, maxRetriesPerRequest: retries };
  const retryStrategy = (times: number): number => Math.min(times * 50, LONGEST_WAIT_MS);
  const lazyConnect = true;
  let client: RedisClient;
  if (cluster !== undefined) {
    client = new Cluster([...cluster.nodes], {
      clusterRetryStrategy: retryStrategy,
      ...cluster.options,
      lazyConnect,
      redisOptions: each,
    });
  } else {
    const all = { retryStrategy, ...each, lazyConnect };
    client = url === undefined ? new Redis(all) : new Redis(url, all);
  }
  // Failures are seen where commands fail.
  client.on('error', () => undefined);
  return client;
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
  return error.message || (code ?? error.name);
}

function addressOf({ url, cluster, host, port, path, sentinels, name }: RedisSettings): string {
  if (cluster !== undefined) return `cluster ${cluster.nodes.map(nodeName).join(', ')}`;
  if (sentinels !== undefined) return `sentinel ${name ?? ''}`;
  if (url !== undefined) return url.replace(/\/\/[^@/]*@/, '//');
  return path ?? `${host ?? '127.0.0.1'}:${port ?? 6379}`;
}

function nodeName(node: unknown): string {
  if (typeof node !== 'object' || node === null) return String(node);
  const { host = '127.0.0.1', port = 6379 } = node as { host?: string; port?: number };
  return `${host}:${port}`;
}
