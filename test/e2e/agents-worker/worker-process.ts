import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const CLI = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
const DESK = fileURLToPath(new URL('./fixtures/desk.ts', import.meta.url));

/** Many processes load the same modules. */
const COMPILE_CACHE = join(tmpdir(), 'perdure-agents-worker-modules');

/** What a worker process is given beside its flags. */
export interface WorkerPlace {
  /** File that its tools write to. */
  readonly log: string;
  /** What it runs. */
  readonly file?: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** `perdure worker` in a process of its own. */
export class WorkerProcess {
  output = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #process: ChildProcess;
  readonly #log: string;

  constructor(flags: readonly string[], { log, file = DESK, env }: WorkerPlace) {
    this.#log = log;
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, 'worker', file, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        ...env,
        DESK_LOG: log,
        PERDURE_SECRET: 'a secret that is shared by all',
        NODE_COMPILE_CACHE: COMPILE_CACHE,
      },
    });
    const keep = (text: string): void => void (this.output += text);
    this.#process.stdout?.setEncoding('utf8').on('data', keep);
    this.#process.stderr?.setEncoding('utf8').on('data', keep);
    this.exited = once(this.#process, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await this.exited;
    });
  }

  /** Resolves when it works. */
  async ready(): Promise<void> {
    await this.until(() => this.output.includes('worker is ready'));
  }

  /** What its tools have noted. */
  get notes(): string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : [];
  }

  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.#process.exitCode !== null) throw new Error(`The worker has ended:\n${this.output}`);
      await delay(20);
    }
  }

  send(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }
}
