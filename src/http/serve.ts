import type { AddressInfo } from 'node:net';
import type { Server, ServerOptions } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { ConfigurationError } from '../engine/index.ts';
import { type Api, createApi } from './api.ts';
import { isLoopback } from './auth/loopback.ts';
import type { ApiOptions } from './options.ts';

/** How the API listens. */
export interface ServeOptions extends Omit<ApiOptions, 'auth'> {
  /** Who may do what. Default, on this machine only: `'loopback'`. */
  readonly auth?: ApiOptions['auth'];
  /** Where. Default: `127.0.0.1`. */
  readonly host?: string;
  /** Default: 8080. 0: any that is free. */
  readonly port?: number;
  /** How long requests may still take when it is closed, in milliseconds. Default: 10,000. */
  readonly shutdownTimeout?: number;
}

/** An API that listens. */
export interface ApiServer {
  /** Where, with the port. */
  readonly url: string;
  /** The port. */
  readonly port: number;
  /** Ends streams, lets requests finish, and stops listening. May be called twice. */
  close(): Promise<void>;
}

/** Of clients that send slowly, in milliseconds; and how much they may say before the body. */
const SLOW: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 16_384,
};

/**
 * Serves the API.
 * @throws ConfigurationError when it would listen beyond this machine without keys or JWT, when the port is taken, and as `createApi`.
 * @example
 * const server = await serveApi({ perdure, agents: [support], auth: { keys }, host: '0.0.0.0' });
 */
export async function serveApi(options: ServeOptions): Promise<ApiServer> {
  const { host = '127.0.0.1', port = 8080, shutdownTimeout = 10_000, auth = 'loopback', ...rest } = options;
  if (auth === 'loopback' && !isLoopback(host))
    throw new ConfigurationError('auth', `is missing, and ${host} can be reached from other machines.`, {
      fix: 'Give { keys } or { jwt } (PERDURE_API_KEYS, PERDURE_JWT_ISSUER …), or listen on 127.0.0.1.',
    });
  const api = createApi({ ...rest, auth });
  const server = createAdaptorServer({
    fetch: (request, { incoming }) => api.fetch(request, { address: incoming.socket.remoteAddress }),
    overrideGlobalObjects: false,
    serverOptions: SLOW,
  }) as Server;
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    close: async () => await (closed ??= shutDown(api, server, shutdownTimeout)),
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, () => resolve());
  try {
    await promise;
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const problem = code === 'EADDRINUSE' ? `${port} is taken.` : `cannot listen on ${host}:${port} (${message}).`;
    throw new ConfigurationError(code === 'EADDRINUSE' ? 'port' : 'host', problem, {
      fix: 'Choose another one; port 0 takes any that is free.',
      cause,
    });
  }
  server.removeAllListeners('error');
}

async function shutDown(api: Api, server: Server, timeout: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  await api.close();
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), timeout);
  await promise;
  clearTimeout(timer);
}
