import { type ChildProcess, fork } from 'node:child_process';
import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkOrder, WorkReport } from './messages.ts';

const ENTRY = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './work.ts' : './work.js', import.meta.url));
/** Longer than what is under way may take. Milliseconds. */
const KILLED_AFTER_MS = 8000;

function compileCache(): NodeJS.ProcessEnv {
  // Each version of Node has a folder of its own in it.
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: dirname(folder) };
}

/** One life of a project: from a change to the next. */
export class WorkProcess {
  /** Resolves with its first report; with `undefined` when it ended without one. */
  readonly report: Promise<WorkReport | undefined>;
  /** Resolves when it is gone, with what ended it. */
  readonly exited: Promise<string>;
  readonly #child: ChildProcess;

  constructor(order: WorkOrder, env: NodeJS.ProcessEnv) {
    // Its output is ours: what tools print is seen as it is.
    this.#child = fork(ENTRY, [JSON.stringify(order)], {
      // Each one would say again that SQLite is new in Node.
      execArgv: [...process.execArgv, '--disable-warning=ExperimentalWarning'],
      // What one has compiled is there for the next.
      env: { ...env, ...compileCache() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const child = this.#child;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
      child.once('error', (error) => resolve(error.message));
    });
    this.report = Promise.race([
      new Promise<WorkReport>((resolve) => child.once('message', (message) => resolve(message as WorkReport))),
      this.exited.then(() => undefined),
    ]);
  }

  /** Asks it to end, and waits until it has; ends it by force when it does not. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send('stop', () => undefined);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), KILLED_AFTER_MS);
    await this.exited;
    clearTimeout(timer);
  }
}
