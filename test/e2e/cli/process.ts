import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** The command line as it is run. */
export const MAIN: string = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** How a process ended, and what it wrote. */
export interface Finished {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `perdure …` in a process of its own; it is gone after the test. */
export class CliProcess {
  out = '';
  err = '';
  readonly finished: Promise<Finished>;
  readonly #process: ChildProcess;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PERDURE_SECRET: 'a secret that is shared by all',
        NODE_COMPILE_CACHE: join(tmpdir(), 'perdure-cli-modules'),
        ...env,
      },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => void (this.out += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => void (this.err += text));
    this.finished = once(this.#process, 'close').then(([code]) => ({
      code: code as number | null,
      out: this.out,
      err: this.err,
    }));
    onTestFinished(async () => {
      this.#process.kill('SIGKILL');
      await this.finished;
    });
  }

  send(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Resolves once it has written what is looked for. */
  async wrote(what: RegExp): Promise<string> {
    for (;;) {
      const found = what.exec(this.out + this.err);
      if (found !== null) return found[1] ?? found[0];
      if (this.#process.exitCode !== null)
        throw new Error(`It has ended without ${String(what)}:\n${this.out}${this.err}`);
      await delay(20);
    }
  }
}
