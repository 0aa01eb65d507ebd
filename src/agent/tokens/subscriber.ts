import { type FSWatcher, watch } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Token } from '../token-channel.ts';
import { isToken, line, readLines } from './wire.ts';

/** How a subscriber hears. */
export interface SubscriberOptions {
  readonly directory: string;
  /** The socket of this process: what it publishes is heard without it. */
  readonly own: string | undefined;
  readonly heard: (token: Token) => void;
}

/** Listens to all who publish in a directory, also to those who come later. Keeps no process alive. */
export class TokenSubscriber {
  readonly #options: SubscriberOptions;
  readonly #connections = new Map<string, Socket>();
  readonly #watcher: FSWatcher | undefined;
  #runs: readonly string[] = [];
  #closed = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#watcher = watchDirectory(options.directory, () => void this.#lookAround());
    void this.#lookAround();
  }

  /** Says which runs are listened to, instead of those before. */
  listenTo(runs: readonly string[]): void {
    this.#runs = runs;
    for (const socket of this.#connections.values()) socket.write(line({ runs }));
    void this.#lookAround();
  }

  /** Ends all connections. */
  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    for (const socket of this.#connections.values()) socket.destroy();
  }

  async #lookAround(): Promise<void> {
    const names = await readdir(this.#options.directory).catch(() => []);
    for (const name of names) {
      const path = join(this.#options.directory, name);
      if (name.endsWith('.sock') && path !== this.#options.own) this.#connect(path);
    }
  }

  #connect(path: string): void {
    if (this.#closed || this.#connections.has(path)) return;
    const socket = createConnection(path).unref();
    this.#connections.set(path, socket);
    socket.write(line({ runs: this.#runs }));
    readLines(socket, (value) => {
      if (isToken(value)) this.#options.heard(value);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody will ever listen there again: its process was killed.
      if (error.code === 'ECONNREFUSED') void rm(path, { force: true });
    });
    socket.on('close', (failed) => {
      this.#connections.delete(path);
      // One that was there and went may have left its socket behind: looking again removes it.
      if (!failed) void this.#lookAround();
    });
  }
}

/** Without the directory nobody publishes. */
function watchDirectory(directory: string, changed: () => void): FSWatcher | undefined {
  try {
    return watch(directory, { persistent: false }, changed).on('error', () => {});
  } catch {
    return undefined;
  }
}
