import type { LogLevel } from '@temporalio/worker';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { loadWorkerFile } from '../load-file.ts';
import { type AddCommand, addEngineOptions, addVerbose, notEmpty } from '../options.ts';
import { addLogLevel, withTelemetry } from '../worker-log.ts';

/** What the command line says about a worker. */
interface WorkerFlags extends EngineFlags {
  readonly taskQueue?: string;
  readonly shutdownDeadline?: string;
  readonly logLevel?: LogLevel;
}

/** `perdure worker`. */
export const addWorker: AddCommand = (program) => {
  const command = program
    .command('worker')
    .description('Runs the agents of a file, until SIGTERM or SIGINT.')
    .argument('<file>', 'exports `worker` (the options of runWorker), or agents');
  addVerbose(
    addLogLevel(
      addEngineOptions(command)
        .option('--task-queue <name>', 'where it looks for work; default: that of the file, then perdure')
        .option(
          '--shutdown-deadline <time>',
          "how long what is under way may take when it is stopped, such as '30 s'",
          notEmpty,
        ),
      'INFO',
    ),
  ).action(async (file: string, flags: WorkerFlags) => await workOn(file, flags));
};

/** Runs the worker that a file describes; flags come before what the file says, and that before the environment. */
async function workOn(file: string, flags: WorkerFlags): Promise<void> {
  // Flags first: what is wrong with them needs no file.
  const engine = engineFromFlags(flags);
  const options = await withTelemetry(await loadWorkerFile(file), flags.logLevel, 'INFO');
  // Late, for it is much to load: mistakes above are told at once.
  const { runAnyWorker } = await import('../../worker/index.ts');
  const { taskQueue, shutdownDeadline } = flags;
  await runAnyWorker({
    ...options,
    ...(engine === undefined ? {} : { engine }),
    ...(taskQueue === undefined ? {} : { taskQueue }),
    ...(shutdownDeadline === undefined ? {} : { shutdownDeadline }),
  });
}
