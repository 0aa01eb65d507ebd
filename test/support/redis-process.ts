import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { answers, ONCE } from '../../scripts/services/redis.ts';

/** How a client connects. */
export type ServerConnection = Omit<RedisOptions, 'replyMapping'>;

/** Whether tests can start servers of their own. */
export const hasRedisServer: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** What a server is started with. */
export interface RedisProcessOptions {
  /** Arguments beside the port, which count before what is usual here; `appendonly` is on. */
  readonly args?: readonly string[];
  /** How it is asked whether it is there. */
  readonly connection?: ServerConnection;
  /** Instead of `--port`. */
  readonly portArgument?: string;
}

const USUAL = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'yes', '--hz', '100'];

/** A Redis of a test's own, on loopback, which it may kill; its data outlive it. */
export class RedisProcess {
  readonly port: number;
  readonly url: string;
  readonly #directory: string;
  readonly #options: RedisProcessOptions;
  #process: ChildProcess | undefined;

  /** Starts one. */
  static async start(options: RedisProcessOptions = {}): Promise<RedisProcess> {
    const server = new RedisProcess(await freePort(), options);
    await server.start();
    return server;
  }

  private constructor(port: number, options: RedisProcessOptions) {
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.#directory = mkdtempSync(join(tmpdir(), 'perdure-redis-'));
    this.#options = options;
  }

  /** Starts it again with the same files; resolves when it has read its data and answers. */
  async start(): Promise<void> {
    const { args = [], connection = {}, portArgument = '--port' } = this.#options;
    const all = [portArgument, `${this.port}`, '--dir', this.#directory, ...USUAL, ...args];
    const child = spawn('redis-server', all, { stdio: 'ignore' });
    this.#process = child;
    const { port } = this;
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
      return await answers(new Redis({ host: '127.0.0.1', port, ...connection, ...ONCE }));
    }, `redis-server answers on port ${port}`);
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
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
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts one. `onFinished` gets what ends it. */
export async function startRedis(
  onFinished: (end: () => Promise<void>) => void,
  options: RedisProcessOptions = {},
): Promise<RedisProcess> {
  const server = await RedisProcess.start(options);
  onFinished(() => server.stop());
  return server;
}

/** Resolves once something is true. */
export async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
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
