import { type AddressInfo, connect as connectTo, createServer, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { Channels } from '../../../src/engines/bullmq/channels.ts';
import { connect } from '../../../src/engines/bullmq/connect.ts';
import { redisUrl } from './support.ts';

describe.skipIf(redisUrl === undefined)('connections that are gone without a word', () => {
  test('are replaced: what was asked is answered, and messages arrive again', async ({ onTestFinished }) => {
    const way = await openWay(redisUrl ?? '');
    onTestFinished(way.close);
    const connections = await connect({ url: way.url, socketTimeout: 500 }, () => undefined);
    onTestFinished(connections.close);
    const channels = new Channels(connections.messages);
    const heard: string[] = [];
    await channels.listen('silence', (message) => heard.push(message)).ready;
    const back = new Promise<void>((resolve) => channels.onBack(resolve));
    way.forget();
    expect(await connections.commands.ping()).toBe('PONG');
    await back;
    const near = new Redis(redisUrl ?? '');
    onTestFinished(() => near.disconnect());
    await near.publish('silence', 'hello');
    await expect.poll(() => heard).toEqual(['hello']);
  });
});

/** A way to Redis that can forget its connections as a firewall does: nobody is told, and nothing passes any more. New ones work. */
async function openWay(url: string): Promise<{ url: string; forget: () => void; close: () => void }> {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    const far = connectTo(Number(port || 6379), hostname);
    pairs.add([near, far]);
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forget: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
      }
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
