import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { root } from '../run.ts';

/** Where downloaded and compiled servers are kept between runs; ignored by git. */
export const cacheFolder: string = `${root}/.cache`;

/** A service that tests may use. */
export interface Service {
  /** The value that tests get: an address, or the path of an executable. */
  readonly value: string;
  /** Where it came from, for people. */
  readonly origin: string;
  /** Stops what was started for it; nothing when it was there before. */
  stop(): void;
}

/** A service that is not to be had here, and why. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** A loopback port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
