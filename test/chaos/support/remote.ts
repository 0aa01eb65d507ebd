import { setTimeout as delay } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { readOwner } from '../../../src/engines/embedded/owner.ts';
import { type AnyCall, serviceOf } from '../../../src/runtime/rpc-methods.ts';
import { connectSocket, originOf, type SocketClient } from '../../../src/engines/embedded/socket-client.ts';
import { createConnection } from '../../../src/runtime/connection.ts';

/** An official client of whoever owns a file now. It never becomes the owner; calls are repeated until an owner has answered them. */
export interface RemoteClient {
  readonly client: Client;
  close(): void;
}

/** Makes a client of a file. */
export function remoteClient(path: string): RemoteClient {
  let connected: Promise<SocketClient> | undefined;
  let isClosed = false;
  const connect = async (): Promise<SocketClient> => {
    const socket = readOwner(path)?.socket;
    if (socket === undefined) throw new Error('nobody owns the file');
    return await connectSocket(socket);
  };
  const forget = async (): Promise<void> => {
    const old = connected;
    connected = undefined;
    (await old?.catch(() => undefined))?.close();
  };
  const service = serviceOf((method) => async (request, options) => {
    for (;;) {
      connected ??= connect();
      const current = connected;
      try {
        const { service: owner } = await current;
        return await (owner[method.name] as AnyCall)(request, options);
      } catch (error) {
        const wasAnswered = originOf(error) === 'answered' && error instanceof Error && 'code' in error;
        if (wasAnswered || isClosed || options?.signal?.aborted === true) throw error;
        if (connected === current) await forget();
        await delay(20);
      }
    }
  });
  return {
    client: new Client({ connection: createConnection(service) }),
    close: () => {
      isClosed = true;
      void forget();
    },
  };
}
