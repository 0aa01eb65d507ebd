import type { DevFlags } from '../dev/develop.ts';
import { addLogLevel } from '../worker-log.ts';
import { type AddCommand, addEngineOptions, addVerbose, examples, toPort } from '../options.ts';

/** `perdure dev`. */
export const addDev: AddCommand = (program, output) => {
  const command = program
    .command('dev')
    .description('Runs a project on this machine, and starts it again when its files change.')
    .argument('[file]', 'exports `worker`, or agents; default: src/worker.ts, worker.ts, src/agents.ts, agents.ts')
    .option('--port <number>', 'of the API, for this machine only; default: 8080, or one that is free', toPort)
    .option('--no-api', 'only the worker');
  addVerbose(addLogLevel(addEngineOptions(command), 'WARN'))
    .addHelpText('after', examples(['perdure dev', 'in the folder of a project']))
    .action(async (file: string | undefined, flags: DevFlags) => {
      const { develop } = await import('../dev/develop.ts');
      await develop(file, flags, output);
    });
};
