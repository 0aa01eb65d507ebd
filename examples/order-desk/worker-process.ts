import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Token } from 'perdure';
import type { EngineConfig } from 'perdure/engines';

/** What the worker needs to know. */
export interface WorkerSettings {
  readonly engine: EngineConfig;
  readonly taskQueue: string;
}

/** What the worker says. */
export type WorkerMessage =
  | { readonly type: 'token'; readonly token: Token }
  | { readonly type: 'failed'; readonly message: string };

/** The worker of the order desk, in a process of its own: so it can die without anybody else. */
export class WorkerProcess {
  readonly #settings: WorkerSettings;
  readonly #onToken: (token: Token) => void;
  readonly #failed = Promise.withResolvers<never>();
  #child: ChildProcess;

  constructor(settings: WorkerSettings, onToken: (token: Token) => void) {
    this.#settings = settings;
    this.#onToken = onToken;
    this.#child = this.#start();
    this.#failed.promise.catch(() => {});
  }

  /** Rejects when the worker can't do its work, or has ended unasked. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Kills it, as the system or a power cut would, and starts another. @returns their process ids. */
  async crash(): Promise<{ readonly killed: number; readonly started: number }> {
    const child = this.#child;
    child.removeAllListeners('exit').kill('SIGKILL');
    await once(child, 'exit');
    this.#child = this.#start();
    return { killed: child.pid ?? 0, started: this.#child.pid ?? 0 };
  }

  /** Lets it finish what it has begun. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.removeAllListeners('exit').kill('SIGTERM');
    await once(child, 'exit');
  }

  #start(): ChildProcess {
    const file = fileURLToPath(new URL('worker.ts', import.meta.url));
    const child = fork(file, [JSON.stringify(this.#settings)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    child.on('message', (message: WorkerMessage) => {
      if (message.type === 'token') this.#onToken(message.token);
      else this.#failed.reject(new Error(message.message));
    });
    child.on('exit', (code, signal) => this.#failed.reject(new Error(`The worker has ended (${signal ?? code}).`)));
    return child;
  }
}
