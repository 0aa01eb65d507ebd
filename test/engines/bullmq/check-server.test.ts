import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConfigurationError } from '../../../src/engine/index.ts';
import { aclRules, createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import type { BullmqEngineOptions } from '../../../src/engines/bullmq/index.ts';
import { hasRedisServer, startRedis } from '../../support/redis-process.ts';
import type { RedisProcess } from '../../support/redis-process.ts';

/** Opens an engine. @returns what it was warned of. */
async function warningsOf(redis: BullmqEngineOptions['redis']): Promise<string[]> {
  const warnings: string[] = [];
  const engine = await createBullmqEngine({ redis: redis ?? {}, onError: (error) => warnings.push(String(error)) });
  await engine.close();
  return warnings;
}

async function server(...args: string[]): Promise<RedisProcess> {
  return startRedis(onTestFinished, { args });
}

describe.skipIf(!hasRedisServer)('Redis is looked at first:', () => {
  test('one that is set up well is not spoken of', async () => {
    const { port } = await server();
    expect(await warningsOf({ port })).toEqual([]);
    expect(await warningsOf({ port, connectionName: 'x' })).toEqual([]);
  });

  test.each<[string[], string]>([
    [['--maxmemory-policy', 'volatile-lru'], 'drops keys when its memory is full (maxmemory-policy volatile-lru)'],
    [['--replicaof', '127.0.0.1', '1'], 'is a replica of 127.0.0.1:1 and takes no writes. Name the primary'],
    [['--cluster-enabled', 'yes'], 'is one node of a cluster. Give `cluster:'],
  ])('%o is an error', async (args, message) => {
    const { port } = await server(...args);
    const opened = createBullmqEngine({ redis: { port } });
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(ConfigurationError);
  });

  test.each<[string[], string]>([
    [['--appendonly', 'no'], 'keeps no append-only file'],
    [['--appendfsync', 'no'], 'about half a minute'],
  ])('%o is a warning', async (args, message) => {
    const { port } = await server(...args);
    expect(await warningsOf({ port })).toEqual([expect.stringContaining(message)]);
  });

  test('users need rights, and those that are documented suffice', async () => {
    const { port } = await server();
    const admin = new Redis(port);
    onTestFinished(() => admin.disconnect());
    const open = async (...rules: string[]): Promise<string[]> => {
      await admin.call('ACL', 'SETUSER', 'app', 'reset', 'on', '>secret', ...aclRules('app'), ...rules);
      const warnings: string[] = [];
      const redis = { port, username: 'app', password: 'secret' };
      const engine = await createBullmqEngine({
        redis,
        prefix: 'app',
        onError: (error) => warnings.push(String(error)),
      });
      await engine.close();
      return warnings;
    };
    expect(await open()).toEqual([]);
    await expect(open('-info')).rejects.toThrow(/refuses what this user has to do: NOPERM .*info.*docs\/redis\.md/s);
    await expect(open('-eval')).rejects.toThrow('NOPERM');
    await expect(open('resetkeys')).rejects.toThrow('NOPERM');
    await expect(open('resetchannels')).rejects.toThrow(ConfigurationError);
    await expect(warningsOf({ port, username: 'app', password: 'wrong' })).rejects.toThrow('WRONGPASS');
  });
});

test('rights are for the keys of the prefix alone', () => {
  expect(aclRules()).toEqual(expect.arrayContaining(['~perdure:*', '~{perdure.*}:*', '&{perdure.*}:*', '-@all']));
  expect(readFileSync('docs/redis.md', 'utf8')).toContain(`ACL SETUSER perdure on >PASSWORD ${aclRules().join(' ')}\n`);
  expect(aclRules('a*{b}')[1]).toBe(String.raw`~a\*%7Bb%7D:*`);
});
