import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';

/** Settings of `redis.conf`. */
export type RedisConfig = Readonly<Record<string, string>>;

/** A Redis of a test's own, which it may kill; its data outlive it. */
export class RedisProcess {
  readonly url: string;
  readonly port: number;
  readonly #directory: string;
  readonly #config: RedisConfig;
  #process: ChildProcess | undefined;

  /** Starts it. What it has acknowledged is in its append-only file, on disk, unless `config` says otherwise. */
  static async start(config: RedisConfig = {}): Promise<RedisProcess> {
    const server = new RedisProcess(await freePort(), config);
    await server.start();
    return server;
  }

  private constructor(port: number, config: RedisConfig) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#directory = mkdtempSync(join(tmpdir(), 'perdure-redis-'));
    this.#config = { appendonly: 'yes', appendfsync: 'always', save: '', hz: '100', ...config };
  }

  /** Starts it again; resolves when it has read its data and answers. */
  async start(): Promise<void> {
    const { port } = this;
    const all = { port: `${port}`, bind: '127.0.0.1', dir: this.#directory, ...this.#config };
    const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn('redis-server', args, { stdio: 'ignore' });
    this.#process = child;
    while (!(await this.#answers())) {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      await delay(20);
    }
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Keeps a copy of what is on its disk. @returns what kills it and puts the copy back: what it had acknowledged meanwhile is lost. */
  copy(): () => Promise<void> {
    const directory = this.#directory;
    const kept = `${directory}.copy`;
    cpSync(directory, kept, { recursive: true });
    return async () => {
      await this.kill();
      rmSync(directory, { recursive: true });
      renameSync(kept, directory);
    };
  }

  /** Runs one command. */
  async command(name: string, ...args: string[]): Promise<unknown> {
    const client = new Redis(this.url, { lazyConnect: true });
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  }

  /** Bytes that its data take. */
  async memory(): Promise<number> {
    const info = String(await this.command('INFO', 'memory'));
    return Number(/used_memory:(\d+)/.exec(info)?.[1]);
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.#end('SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  async #answers(): Promise<boolean> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1000 });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.ping()) === 'PONG';
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  }
}

/** A port that was free a moment ago, below those that the system gives to clients: it must be free again after a restart. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const taken = await new Promise<AddressInfo | undefined>((resolve) => {
      server.once('error', () => resolve(undefined));
      server.listen(port, '127.0.0.1', () => resolve(server.address() as AddressInfo));
    });
    if (taken === undefined) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
