import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { RedisBroadcasts } from '../../../src/engines/bullmq/broadcasts.ts';
import { Channels } from '../../../src/engines/bullmq/channels.ts';
import type { Keys } from '../../../src/engines/bullmq/keys.ts';
import { connectRedis, ownKeys, redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('messages between processes on Redis', () => {
  let keys: Keys;
  let clients: Redis[];

  /** What a process has. */
  function process(namespace = 'default'): RedisBroadcasts {
    const [client, messages] = [connectRedis(), connectRedis()];
    clients.push(client, messages);
    return new RedisBroadcasts({ client, channels: new Channels(messages), keys, namespace });
  }

  /** Resolves with what is heard next; the message is sent until it is heard, for listening begins some time after it was asked for. */
  async function heard(from: RedisBroadcasts, to: RedisBroadcasts, topic: string): Promise<string> {
    const text = randomUUID();
    const { promise, resolve } = Promise.withResolvers<string>();
    const end = to.subscribe(topic, (message) => {
      if (message === text) resolve(message);
    });
    const again = setInterval(() => from.publish(topic, text), 10);
    try {
      return await promise;
    } finally {
      clearInterval(again);
      end();
    }
  }

  beforeEach(() => {
    keys = ownKeys();
    clients = [];
  });
  afterEach(() => {
    for (const client of clients) client.disconnect();
  });

  test('reach all who listen to their topic, in this process and others', async () => {
    const [one, other] = [process(), process()];
    await expect(heard(one, other, 'tokens:w')).resolves.toBeTypeOf('string');
    await expect(heard(one, one, 'tokens:w')).resolves.toBeTypeOf('string');
  });

  test('stay with their topic and their namespace', async () => {
    const [one, other, elsewhere] = [process(), process(), process('elsewhere')];
    const wrong: string[] = [];
    other.subscribe('tokens:v', (text) => wrong.push(text));
    elsewhere.subscribe('tokens:w', (text) => wrong.push(text));
    // Both listen by now, for it is one connection each.
    await heard(one, other, 'tokens:x');
    await heard(elsewhere, elsewhere, 'tokens:x');
    await heard(one, other, 'tokens:w');
    expect(wrong).toEqual([]);
  });

  test('are dropped while there is no connection, and after', async () => {
    const [one, other] = [process(), process()];
    const [client] = clients;
    const late: string[] = [];
    other.subscribe('tokens:w', (text) => late.push(text));
    await heard(one, other, 'tokens:w');
    late.length = 0;
    const away = new Promise((resolve) => client?.once('close', resolve));
    client?.disconnect(true);
    await away;
    one.publish('tokens:w', 'while it is away');
    await heard(one, other, 'tokens:w');
    expect(late).not.toContain('while it is away');
    client?.disconnect();
    const warnings: unknown[] = [];
    const onWarning = (reason: unknown): void => void warnings.push(reason);
    globalThis.process.on('unhandledRejection', onWarning);
    onTestFinished(() => void globalThis.process.off('unhandledRejection', onWarning));
    one.publish('tokens:w', 'never');
    await heard(other, other, 'tokens:w');
    expect(warnings).toEqual([]);
    expect(late).not.toContain('never');
  });
});
