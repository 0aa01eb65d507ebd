import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KillPoint, MemberConfig } from '../fixtures/member-config.ts';

const MEMBER = fileURLToPath(new URL('../fixtures/member.ts', import.meta.url));

/** Many processes load the same modules. */
const COMPILE_CACHE = join(tmpdir(), 'perdure-chaos-modules');

/** A process of the tests (see `fixtures/member.ts`). */
export class MemberProcess {
  output = '';
  errors = '';
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly #process: ChildProcess;

  constructor(config: MemberConfig) {
    this.#process = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MEMBER, JSON.stringify(config)], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
    });
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.exited = once(this.#process, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as string | null,
    }));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Its commits that were refused, because others had changed the run. */
  get refused(): number {
    return this.#count('refused');
  }

  /** Its commits that failed, as the storage could not have them. */
  get failed(): number {
    return this.#count('failed');
  }

  /** Resolves when it works, or has ended before. */
  async ready(): Promise<void> {
    await this.#says('ready');
  }

  /** Resolves when it stands still, as its configuration wants, or has ended before. */
  async halted(): Promise<void> {
    await this.#says('halted');
  }

  /** Has it kill itself, or another one, at a commit that it makes from now on. Resolves when it knows. */
  async arm(point: KillPoint): Promise<void> {
    const armed = this.#count('armed') + 1;
    this.#process.send(point);
    await this.#says('armed', armed);
  }

  /** Kills it at once. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.exited;
  }

  /** Lets it stand still, as in a virtual machine that is moved, until `resume`. */
  suspend(): void {
    this.#process.kill('SIGSTOP');
  }

  /** Lets it go on. */
  resume(): void {
    this.#process.kill('SIGCONT');
  }

  /** Asks it to end in order; resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#process.kill('SIGTERM');
    const { code } = await this.exited;
    return code;
  }

  #count(word: string): number {
    return this.output.split('\n').filter((line) => line === word).length;
  }

  async #says(word: string, times = 1): Promise<void> {
    while (this.isAlive && this.#count(word) < times) {
      await Promise.race([once(this.#process.stdout ?? this.#process, 'data'), this.exited]);
    }
  }
}
