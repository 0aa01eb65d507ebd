import { relative, resolve } from 'node:path';
import { Option } from 'commander';
import { ENGINE_TYPES } from '../../engines/index.ts';
import { checkFolder, checkModel, DEFAULTS, type InitFlags, packageName } from '../init/answers.ts';
import type { ProjectAnswers } from '../init/project.ts';
import { type AddCommand, addCommonOptions, type CommonFlags, examples } from '../options.ts';
import type { CliOutput } from '../output.ts';

/** `perdure init`. */
export const addInit: AddCommand = (program, output) => {
  const command = program
    .command('init')
    .description('Writes a new project, whose tests are green without a server, a model, or a key.')
    .argument('[folder]', `empty, or not there yet; default: ${DEFAULTS.folder}`)
    .option('--name <name>', "of its package; default: the folder's")
    .addOption(new Option('--engine <name>', 'where its runs will live; default: embedded').choices(ENGINE_TYPES))
    .option('--model <provider/model>', `that its settings suggest; default: ${DEFAULTS.model}`)
    .option('-y, --yes', 'asks nothing');
  addCommonOptions(command)
    .addHelpText(
      'after',
      examples(['perdure init shop', 'asks, and writes into ./shop'], ['perdure init shop --yes', 'asks nothing']),
    )
    .action(
      async (folder: string | undefined, flags: InitFlags & CommonFlags) => await initProject(folder, flags, output),
    );
};

/**
 * Writes a new project, and says what comes next. Asks for what flags leave open when a person is there.
 * @throws ConfigurationError when the folder is not empty, or a name is none.
 */
async function initProject(
  folder: string | undefined,
  flags: InitFlags & CommonFlags,
  output: CliOutput,
): Promise<void> {
  // Flags first: what is wrong with them needs no answers.
  if (flags.model !== undefined) checkModel(flags.model);
  if (folder !== undefined) checkFolder(folder);
  const isAsking = output.isInputTty && output.isTty && flags.yes !== true && flags.json !== true;
  const chosen = await choose(folder, flags, isAsking);
  if (chosen === undefined) return;
  checkFolder(chosen.folder);
  const answers = { ...chosen, folder: resolve(chosen.folder), name: packageName(chosen.folder, flags.name) };
  const { writeProject } = await import('../init/project.ts');
  const files = await writeProject(answers);
  if (flags.json === true) output.json({ ...answers, files });
  else output.out(said(answers, files));
}

async function choose(
  folder: string | undefined,
  flags: InitFlags,
  isAsking: boolean,
): Promise<Omit<ProjectAnswers, 'name'> | undefined> {
  const { engine = DEFAULTS.engine, model = DEFAULTS.model } = flags;
  if (!isAsking) return { folder: folder ?? DEFAULTS.folder, engine, model };
  const { askForProject } = await import('../init/ask.ts');
  return await askForProject(folder, flags);
}

function said({ folder, engine }: ProjectAnswers, files: readonly string[]): string {
  const place = relative('', folder);
  const steps = [...(place === '' ? [] : [`cd ${place}`]), 'npm install', 'npm test', 'npm run dev'];
  const later =
    engine === 'embedded'
      ? []
      : ['Until you copy .env.example to .env, runs live in a file; then on the engine that you chose.', ''];
  return [
    `Written to ${place === '' ? 'this folder' : place}: ${files.join(', ')}`,
    '',
    ...later,
    'Next:',
    ...steps.map((step) => `  ${step}`),
    '',
  ].join('\n');
}
