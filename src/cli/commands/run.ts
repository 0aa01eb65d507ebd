import { Option } from 'commander';
import { type AddCommand, addCommonOptions, addEngineOptions, examples, notEmpty } from '../options.ts';
import type { StartFlags } from '../run/start.ts';
import { LEVELS } from '../worker-log.ts';

/** `perdure run`. */
export const addRun: AddCommand = (program, output) => {
  const command = program
    .command('run')
    .description(
      'Starts a run of an agent. On a terminal, shows what happens until it ends, and asks you what it asks.',
    )
    .argument('<agent>', 'its name')
    .argument('[input...]', 'what the user says; - for standard input')
    .option('--input <json>', 'what an agent with an input schema takes; - for standard input')
    .option('-f, --file <path>', 'runs the agents of this file in this process, until the run has ended')
    .option('--wait', 'shows what happens until the run has ended; default on a terminal')
    .option('--detach', 'prints the id, and waits for nothing; default elsewhere')
    .option('--no-tokens', 'not what models say while they say it')
    .option('--id <text>', 'names the run, for ever; default: made of the name and a random part', notEmpty)
    .addOption(
      new Option('--if-exists <what>', 'when there is a run with this id; default: fail').choices(['fail', 'use']),
    )
    .option('--metadata <json>', 'kept with the run, and given to its tools')
    .option('--limits <json>', `such as '{"steps":20,"tokens":100000}'`)
    .option('--timeout <time>', "ends it, as timed out; such as '1 hour'", notEmpty)
    .option('--task-queue <name>', 'where it looks for a worker; default: that of the file, then perdure', notEmpty)
    .addOption(
      new Option('--log-level <level>', 'with --file; default: PERDURE_LOG_LEVEL, then ERROR')
        .choices(LEVELS)
        .argParser((value) => value.toUpperCase()),
    );
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      examples(
        ['perdure run support Where is order 1042?', 'some worker runs it'],
        ['perdure run support "Hello" --file worker.ts --database :memory:', 'all in this process'],
        ['id=$(perdure run support --detach - < mail.txt)', 'in a script'],
        ['perdure run support "Hello" --wait --json', 'an event a line'],
      ),
    )
    .action(async (agent: string, words: readonly string[], flags: StartFlags) => {
      const { startRunOf } = await import('../run/start.ts');
      await startRunOf(agent, words, flags, output);
    });
};
