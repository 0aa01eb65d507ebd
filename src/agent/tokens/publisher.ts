import { rename, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Token } from '../token-channel.ts';
import { line, readLines, runsOf } from './wire.ts';

/** What waits for a subscriber that is slow; beyond that it misses tokens. Bytes. */
const longestQueue = 1024 * 1024;

let publishers = 0;

/** Sends tokens to the processes that listen to their runs. Keeps no process alive. */
export class TokenPublisher {
  readonly path: string;
  readonly #server: Server;
  readonly #subscribers: Map<Socket, ReadonlySet<string>>;

  private constructor(path: string, server: Server, subscribers: Map<Socket, ReadonlySet<string>>) {
    this.path = path;
    this.#server = server;
    this.#subscribers = subscribers;
  }

  /** Listens on a socket of its own in the directory. */
  static async open(directory: string): Promise<TokenPublisher> {
    const name = `${process.pid}-${++publishers}`;
    const subscribers = new Map<Socket, ReadonlySet<string>>();
    const server = createServer((socket) => {
      subscribers.set(socket, new Set());
      readLines(socket.unref(), (value) => subscribers.set(socket, runsOf(value)));
      socket.on('error', () => socket.destroy()).on('close', () => subscribers.delete(socket));
    }).unref();
    // Under its name it can be connected to: subscribers take one that refuses for dead.
    const hidden = join(directory, `${name}.new`);
    await rm(hidden, { force: true });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(hidden, resolve);
    });
    const path = join(directory, `${name}.sock`);
    await rename(hidden, path);
    return new TokenPublisher(path, server, subscribers);
  }

  /** Sends a token to those who listen to its run, and keep up. */
  publish(token: Token): void {
    let text: string | undefined;
    for (const [socket, runs] of this.#subscribers) {
      if (!runs.has(token.workflowId) || socket.writableLength > longestQueue) continue;
      text ??= line(token);
      socket.write(text);
    }
  }

  /** Ends all connections and removes the socket. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#subscribers.keys()) socket.destroy();
    await rm(this.path, { force: true });
    await closed;
  }
}
