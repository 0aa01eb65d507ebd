import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../scripts/services/service.ts';

/** Whether tests can start a Redis of their own. */
export const canStartRedis: boolean = spawnSync('redis-server', ['--version']).status === 0;

/** A Redis that one test file has for itself. */
export class RedisServer {
  readonly url: string;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#child = child;
    this.#folder = folder;
  }

  /** Starts one that is set up as `redis-server` without a word is, but for what the arguments say. */
  static async start(...args: readonly string[]): Promise<RedisServer> {
    const [port, folder] = await Promise.all([freePort(), mkdtemp(join(tmpdir(), 'perdure-test-redis-'))]);
    const all = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, ...args];
    const child = spawn('redis-server', all, { stdio: ['ignore', 'pipe', 'ignore'] });
    for await (const text of child.stdout) {
      if (!String(text).includes('Ready to accept connections')) continue;
      break;
    }
    return new RedisServer(`redis://127.0.0.1:${port}`, child, folder);
  }

  /** Ends it, and what it has kept. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.kill('SIGKILL')) await once(this.#child, 'exit');
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
