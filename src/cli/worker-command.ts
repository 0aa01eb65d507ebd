import { DefaultLogger, type LogLevel, Runtime } from '@temporalio/worker';
import { runAnyWorker } from '../worker/index.ts';
import { type EngineFlags, engineFromFlags } from './engine-flags.ts';
import { loadWorkerFile } from './load-file.ts';

/** What the command line says about a worker. */
export interface WorkerFlags extends EngineFlags {
  readonly taskQueue?: string;
  readonly shutdownDeadline?: string;
  readonly logLevel?: LogLevel;
}

/** Runs the worker that a file describes; flags come before what the file says, and that before the environment. */
export async function workOn(file: string, flags: WorkerFlags): Promise<void> {
  // Flags first: what is wrong with them needs no file.
  const engine = engineFromFlags(flags);
  const options = await loadWorkerFile(file);
  if (flags.logLevel !== undefined) installLogger(flags.logLevel);
  const { taskQueue, shutdownDeadline } = flags;
  await runAnyWorker({
    ...options,
    ...(engine === undefined ? {} : { engine }),
    ...(taskQueue === undefined ? {} : { taskQueue }),
    ...(shutdownDeadline === undefined ? {} : { shutdownDeadline }),
  });
}

function installLogger(level: LogLevel): void {
  try {
    Runtime.install({ logger: new DefaultLogger(level) });
  } catch (error) {
    // The file has set up logging by itself.
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
