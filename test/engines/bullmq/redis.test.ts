import { randomUUID } from 'node:crypto';
import { Redis, ReplyError } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { StoreError } from '../../../src/core/store.ts';
import { orStoreError, Script, toStoreError } from '../../../src/engines/bullmq/redis.ts';
import { connectRedis, redisUrl } from './support.ts';

/** What the server says. */
function reply(message: string): Error {
  return new ReplyError(message) as Error;
}

describe('what goes wrong with Redis', () => {
  test.each<[Error, string]>([
    [reply('LOADING Redis is loading the dataset in memory'), 'unavailable'],
    [reply('BUSY Redis is busy running a script.'), 'unavailable'],
    [reply('CLUSTERDOWN Hash slot not served'), 'unavailable'],
    [reply('ERR max number of clients reached'), 'unavailable'],
    [reply('NOPERM this user has no permissions'), 'unavailable'],
    [reply("OOM command not allowed when used memory > 'maxmemory'."), 'full'],
    [
      reply('ERR Error running script (call to f_0): @user_script:5: @user_script: 5: -OOM command not allowed'),
      'full',
    ],
    [reply("READONLY You can't write against a read only replica."), 'read-only'],
    [
      reply('ERR Error running script (call to f_0): @user_script:5: @user_script: 5: -READONLY You cannot'),
      'read-only',
    ],
    [reply('MISCONF Redis is configured to save RDB snapshots'), 'read-only'],
    [new Error('Connection is closed.'), 'unavailable'],
    [new Error('None of startup nodes is available'), 'unavailable'],
    [new Error("Socket timeout. Expecting data, but didn't receive any in 500ms."), 'unavailable'],
    [Object.assign(new Error(''), { code: 'ECONNREFUSED', syscall: 'connect' }), 'unavailable'],
    [Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'unavailable'],
  ])('%s passes, or can be mended', (error, code) => {
    expect(toStoreError(error)).toMatchObject({ name: 'StoreError', code, cause: error });
  });

  test.each<[Error]>([
    [reply('WRONGTYPE Operation against a key holding the wrong kind of value')],
    [reply('ERR value is not an integer or out of range script: 0, on @user_script:5.')],
    [reply('ERR user_script:5: attempt to index a nil value script: 0, on @user_script:5.')],
    [reply('ERR unknown command')],
    [new Error('Custom Id cannot contain :')],
    [Object.assign(new TypeError('no'), { code: 'ERR_INVALID_ARG_TYPE' })],
  ])('%s is a fault, and not tried again', (error) => {
    expect(toStoreError(error)).toBe(error);
  });

  test('a server that is not there is told from a script that fails', async ({ onTestFinished }) => {
    const away = new Redis('redis://127.0.0.1:1', { maxRetriesPerRequest: 1, retryStrategy: () => 1 });
    away.on('error', () => undefined);
    onTestFinished(() => away.disconnect());
    await expect(orStoreError(away.ping())).rejects.toMatchObject({ name: 'StoreError', code: 'unavailable' });
  });

  test.skipIf(redisUrl === undefined)('a script that fails', async ({ onTestFinished }) => {
    const redis = connectRedis();
    onTestFinished(() => redis.disconnect());
    const key = `test-${randomUUID()}`;
    await redis.set(key, 'x', 'EX', 60);
    const failures = [
      "return redis.call('INCR', KEYS[1])",
      "return redis.call('HGET', KEYS[1], 'x')",
      'return nothing.x',
    ];
    for (const text of failures) {
      const failure: unknown = await new Script(text).run(redis, [key], []).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(failure).not.toBeInstanceOf(StoreError);
    }
  });
});
