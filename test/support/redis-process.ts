import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { RedisOptions } from 'ioredis';
import { freePort } from '../../scripts/services/service.ts';

/** How a client connects. */
export type ServerConnection = Omit<RedisOptions, 'replyMapping'>;

/** Whether tests can start servers of their own. */
export const hasRedisServer: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** A server that belongs to a test. */
export interface RedisProcess {
  readonly port: number;
  readonly folder: string;
  /** Ends it as a power failure would. */
  kill(): Promise<void>;
  /** Starts it again with the same files. */
  restart(): Promise<void>;
}

/** What a server is started with. */
export interface RedisProcessOptions {
  /** Arguments beside the port; `appendonly` is on. */
  readonly args?: readonly string[];
  /** How it is asked whether it is there. */
  readonly connection?: ServerConnection;
  /** Instead of `--port`. */
  readonly portArgument?: string;
  readonly port?: number;
}

/** Starts one, on loopback. `onFinished` gets what ends it. */
export async function startRedis(
  onFinished: (end: () => void) => void,
  { args = [], connection = {}, portArgument = '--port', port: wanted }: RedisProcessOptions = {},
): Promise<RedisProcess> {
  const port = wanted ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'perdure-redis-'));
  const usual = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes', '--hz', '100'];
  const start = (): ReturnType<typeof spawn> =>
    spawn('redis-server', [portArgument, `${port}`, ...usual, ...args], { stdio: 'ignore' });
  let child = start();
  onFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  await untilAnswers({ host: '127.0.0.1', port, ...connection });
  return {
    port,
    folder,
    kill: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
    restart: async () => {
      child = start();
      await untilAnswers({ host: '127.0.0.1', port, ...connection });
    },
  };
}

/** Resolves once something is true. */
export async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await delay(20);
  }
}

async function untilAnswers(options: ServerConnection): Promise<void> {
  await until(async () => {
    const once: ServerConnection = { ...options, lazyConnect: true, retryStrategy: () => null };
    const client = new Redis(once);
    client.on('error', () => undefined);
    try {
      await client.connect();
      return (await client.ping()) === 'PONG';
    } catch {
      return false;
    } finally {
      client.disconnect();
    }
  }, `redis-server answers on port ${options.port}`);
}
