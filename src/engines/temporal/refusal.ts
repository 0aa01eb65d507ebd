import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const PAUSE_MS = 200;
const DEFAULT_PORT = 7233;
/** Nobody listens there, or there is no such host. */
const REFUSALS: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND'];
/** With a proxy, the address need not be reachable from here. As gRPC reads them. */
const PROXIES = ['grpc_proxy', 'https_proxy', 'http_proxy'];

/**
 * Why nobody can be reached at an address: the official connections would go on trying, in silence, for all of their time. `undefined` as soon
 * as somebody listens there, however they answer, and when it cannot be told.
 * @param ms time, in milliseconds, for which a server may refuse because it is still starting.
 */
export async function findRefusal(address: string, ms: number): Promise<Error | undefined> {
  if (PROXIES.some((name) => process.env[name])) return undefined;
  const endAt = performance.now() + ms;
  for (;;) {
    const left = endAt - performance.now();
    const refusal = await refusalOf(address, Math.max(left, 1));
    if (refusal === undefined || left <= PAUSE_MS) return refusal;
    await delay(PAUSE_MS);
  }
}

function refusalOf(address: string, ms: number): Promise<Error | undefined> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port || DEFAULT_PORT), timeout: ms });
    const end = (refusal?: Error): void => {
      socket.destroy();
      resolve(refusal);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end());
    socket.once('error', (error: NodeJS.ErrnoException) => end(REFUSALS.includes(error.code) ? error : undefined));
  });
}
