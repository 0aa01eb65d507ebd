/** Redis: one that runs already, or one that we start, installing it when we may. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { run } from '../run.ts';
import { Unavailable, freePort } from './service.ts';
import type { Service } from './service.ts';

const startTimeoutMs = 10_000;

/** Finds or starts a Redis. Throws `Unavailable`. */
export async function redisServer(log: (line: string) => void): Promise<Service> {
  for (const variable of ['PERDURE_TEST_REDIS_URL', 'REDIS_URL']) {
    const named = process.env[variable];
    if (named === undefined || named === '') continue;
    if (await answers(new Redis(named, ONCE))) return { value: named, origin: variable, stop: () => {} };
    throw new Unavailable(`no Redis answers at ${variable}=${named}`);
  }
  const usual = 'redis://127.0.0.1:6379';
  if (await answers(new Redis(usual, ONCE))) return { value: usual, origin: 'was running', stop: () => {} };
  if (!(await isInstalled())) await install(log);
  return start();
}

/** Options of a client that connects once, when it is told to. */
export const ONCE = { lazyConnect: true, retryStrategy: () => null, connectTimeout: 1000 } as const;

/** Whether a Redis answers a client made with `ONCE`, which ends with it. */
export async function answers(client: Redis): Promise<boolean> {
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

async function isInstalled(): Promise<boolean> {
  return (await run('redis-server', ['--version'])).code === 0;
}

/** The package of Debian and its relatives, if we are root there. */
async function install(log: (line: string) => void): Promise<void> {
  if (process.getuid?.() !== 0 || (await run('apt-get', ['--version'])).code !== 0) {
    throw new Unavailable(
      'no `redis-server` on the PATH (https://redis.io/docs/latest/operate/oss_and_stack/install/)',
    );
  }
  log('installing the package redis-server, once ...');
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const args = ['install', '--yes', '--no-install-recommends', 'redis-server'];
  let installed = await run('apt-get', args, { env });
  if (installed.code !== 0) {
    await run('apt-get', ['update'], { env });
    installed = await run('apt-get', args, { env });
  }
  if (!(await isInstalled())) throw new Unavailable(`redis-server cannot be installed:\n${installed.output.trimEnd()}`);
}

async function start(): Promise<Service> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'perdure-redis-'));
  const args = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--appendonly',
    'yes',
    '--save',
    '',
    '--hz',
    '100',
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  child.on('error', () => {});
  const value = `redis://127.0.0.1:${port}`;
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline && child.exitCode === null && child.pid !== undefined) {
    if (await answers(new Redis(value, ONCE)))
      return { value, origin: `started redis-server, process ${child.pid}`, stop };
    await sleep(50);
  }
  stop();
  throw new Unavailable('redis-server does not start');
}
