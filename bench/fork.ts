import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs a file of this folder in a process of its own. */
export function forkFile(name: string, args: readonly string[], nodeOptions: readonly string[] = []): ChildProcess {
  return fork(fileURLToPath(new URL(name, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // Of node:sqlite, in some versions of Node.
    execArgv: ['--disable-warning=ExperimentalWarning', ...nodeOptions],
  });
}

/** What a process says next. @throws Error when it ends instead. */
export function nextMessage(child: ChildProcess, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error(`The process of ${name} ended`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}

/** The first thing that a file of this folder says, run in a process of its own that ends with that. @throws Error when it says nothing. */
export async function answerOf(file: string, args: readonly string[]): Promise<unknown> {
  const child = forkFile(file, args, ['--expose-gc']);
  try {
    return await nextMessage(child, file);
  } finally {
    child.kill('SIGKILL');
  }
}
