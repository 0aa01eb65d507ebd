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
   * @throws StoreError when Redis cannot be reached, or refuses.
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

/** What a command gives. @throws StoreError instead of what it throws. */
export async function orStoreError<Result>(command: Promise<Result>): Promise<Result> {
  try {
    return await command;
  } catch (error) {
    throw toStoreError(error);
  }
}

/** The `StoreError` for what Redis or the connection to it said. Bugs of ours are given back as they are. */
function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError || error instanceof TypeError) return error;
  const options = { cause: error };
  const { message } = error;
  if (/^OOM |used memory > 'maxmemory'/.test(message) || message.includes('No space left')) {
    return new StoreError(
      'full',
      `Redis has no memory left (${message}). Nothing of the commit was written; raise maxmemory or delete closed runs, and work goes on.`,
      options,
    );
  }
  if (message.startsWith('READONLY')) {
    return new StoreError('read-only', `This Redis is a replica that cannot be written: ${message}`, options);
  }
  if (message.startsWith('MISCONF')) {
    return new StoreError('read-only', `Redis cannot save to its disk and takes no writes: ${message}`, options);
  }
  if (/^(NOPERM|NOAUTH|WRONGPASS)/.test(message)) {
    return new StoreError('unavailable', `Redis refuses this user: ${message}`, options);
  }
  return new StoreError('unavailable', `Redis cannot be used: ${message}`, options);
}
