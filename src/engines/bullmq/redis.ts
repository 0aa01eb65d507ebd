import { createHash } from 'node:crypto';
import type { Cluster, Redis } from 'ioredis';
import { StoreError } from '../../core/store.ts';

/** A connection to Redis, or to a cluster. */
export type RedisClient = Redis | Cluster;

/** What a command takes. */
export type RedisArgument = string | Buffer | number;

/** A Lua script; Redis gets its text once, and is then told its name only. */
export class Script {
  readonly #text: string;
  readonly #sha: string;

  constructor(text: string) {
    this.#text = text;
    this.#sha = createHash('sha1').update(text).digest('hex');
  }

  /**
   * Runs it. Strings in the answer are buffers.
   * @throws StoreError when Redis cannot be reached, or refuses; what the script itself fails with, as it is.
   */
  async run(client: RedisClient, keys: readonly string[], args: readonly RedisArgument[]): Promise<unknown> {
    try {
      return await client.callBuffer('EVALSHA', this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw toStoreError(error);
    }
    return orStoreError(client.callBuffer('EVAL', this.#text, keys.length, ...keys, ...args));
  }
}

/** What a command gives. @throws StoreError when Redis cannot be reached, or refuses; anything else as it is. */
export async function orStoreError<Result>(command: Promise<Result>): Promise<Result> {
  try {
    return await command;
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Names of errors of ioredis that say that there is no connection, or was none for too long. */
const CONNECTION_NAMES: ReadonlySet<string> = new Set([
  'MaxRetriesPerRequestError',
  'AbortError',
  'ClusterAllFailedError',
]);
/** What its other errors of that kind say, which have no name. */
const CONNECTION_MESSAGES =
  /^(Connection is (closed|discarded|aborted)|Socket |connect ETIMEDOUT|Command timed out|Stream isn't writeable|Cluster (is|isn't) |None of startup nodes|Too many Cluster redirections|Node is disconnected|All sentinels are unreachable|No subscriber for the cluster)/;
/** Replies of a Redis that will answer before long. */
const PASSING = new Set([
  'LOADING',
  'BUSY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'NOREPLICAS',
  'UNBLOCKED',
]);
const REFUSALS = new Set(['NOPERM', 'NOAUTH', 'WRONGPASS', 'DENIED']);

/**
 * The `StoreError` for what Redis or the connection to it said. Everything else is a bug, ours or BullMQ's, or a key that is not what it should be: trying again
 * would not help, and it is given back as it is.
 */
export function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const options = { cause: error };
  const { message } = error;
  if (isConnectionError(error)) return new StoreError('unavailable', `Redis cannot be used: ${message}`, options);
  if (error.name !== 'ReplyError') return error;
  const code = codeOf(message);
  if (code === 'OOM' || message.includes("used memory > 'maxmemory'") || message.includes('No space left')) {
    return new StoreError(
      'full',
      `Redis has no memory left (${message}). Nothing of the commit was written; raise maxmemory or delete closed runs, and work goes on.`,
      options,
    );
  }
  if (code === 'READONLY') {
    return new StoreError('read-only', `This Redis is a replica that cannot be written: ${message}`, options);
  }
  if (code === 'MISCONF') {
    return new StoreError('read-only', `Redis cannot save to its disk and takes no writes: ${message}`, options);
  }
  if (REFUSALS.has(code) || /^ERR (ACL failure|The user executing the script)/.test(message)) {
    return new StoreError('unavailable', `Redis refuses this user: ${message}`, options);
  }
  if (PASSING.has(code) || message.startsWith('ERR max number of clients')) {
    return new StoreError('unavailable', `Redis cannot be used: ${message}`, options);
  }
  return error;
}

/** What a reply begins with; older versions of Redis say so behind a sentence about the script. */
function codeOf(message: string): string {
  return /^(?:ERR Error running script .*?@user_script: ?\d+: -?)?([A-Z]+)\b/.exec(message)?.[1] ?? '';
}

function isConnectionError(error: NodeJS.ErrnoException): boolean {
  const { name, code, syscall, message } = error;
  if (CONNECTION_NAMES.has(name) || CONNECTION_MESSAGES.test(message)) return true;
  // Of the sockets, and of the search for names.
  return typeof code === 'string' && (syscall !== undefined || /^(E[A-Z]+|ERR_(SSL|TLS)\w*)$/.test(code));
}
