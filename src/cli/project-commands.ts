import { type Command, Option } from 'commander';
import { ENGINE_TYPES } from '../engines/index.ts';
import type { InitFlags } from './init/answers.ts';
import type { CliOutput } from './output.ts';

/** The commands about a project of one's own: to begin one, to work on it, to run it, to look whether all it needs is there. */
export function addProjectCommands(program: Command, output: CliOutput): void {
  addInit(program, output);
}

function addInit(program: Command, output: CliOutput): void {
  program
    .command('init')
    .description('Writes a new project that tests green without a server, a model, or a key.')
    .argument('[folder]', 'empty, or not there yet; default: my-app')
    .option('--name <name>', "of its package; default: the folder's")
    .addOption(new Option('--engine <name>', 'where its runs will live; default: embedded').choices(ENGINE_TYPES))
    .option('--model <provider/model>', 'that its settings suggest; default: openai/gpt-5-mini')
    .option('--yes', 'asks nothing')
    .option('--verbose', 'errors with all that is known about them')
    .action(async (folder: string | undefined, flags: InitFlags) => {
      const { initProject } = await import('./init/init-command.ts');
      await initProject(folder, flags, output);
    })
    .exitOverride();
}
