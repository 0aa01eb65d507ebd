import { addLogLevel } from '../worker-log.ts';
import { type AddCommand, addEngineOptions, addVerbose, examples, notEmpty, toPort } from '../options.ts';
import type { ServeFlags } from '../serve/serve-project.ts';

/** `perdure serve`. */
export const addServe: AddCommand = (program, output) => {
  const command = program
    .command('serve')
    .description('Serves the HTTP API, until SIGTERM or SIGINT.')
    .argument('[file]', 'exports the agents that may be started; default: src/worker.ts, worker.ts, …')
    .option('--worker', 'also runs the agents')
    .option('--host <address>', 'where it listens; default: PERDURE_HOST, then 127.0.0.1', notEmpty)
    .option('--port <number>', 'default: PERDURE_PORT or PORT, then 8080; 0: any that is free', toPort)
    .option('--keys <file>', 'with API keys, as `perdure key create` gives them; default: PERDURE_API_KEYS', notEmpty)
    .option(
      '--shutdown-deadline <time>',
      "how long what is under way may take when it is stopped, such as '30 s'",
      notEmpty,
    );
  addVerbose(addLogLevel(addEngineOptions(command), 'INFO'))
    .addHelpText(
      'after',
      examples(
        ['perdure serve --worker', 'API and worker in one process, for this machine'],
        ['perdure serve --host 0.0.0.0 --keys keys.json', 'for others, with keys'],
      ),
    )
    .action(async (file: string | undefined, flags: ServeFlags) => {
      const { serveProject } = await import('../serve/serve-project.ts');
      await serveProject(file, flags, output);
    });
};
