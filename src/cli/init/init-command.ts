import { relative, resolve } from 'node:path';
import type { CliOutput } from '../output.ts';
import { checkFolder, checkModel, DEFAULTS, type InitFlags, packageName } from './answers.ts';
import type { ProjectAnswers } from './project.ts';

/**
 * Writes a new project, and says what comes next. Asks for what flags leave open when a person is there.
 * @param isInteractive whether somebody can be asked.
 * @throws ConfigurationError when the folder is not empty, or a name is none.
 */
export async function initProject(
  folder: string | undefined,
  flags: InitFlags,
  output: CliOutput,
  isInteractive: boolean = process.stdin.isTTY && process.stdout.isTTY,
): Promise<void> {
  // Flags first: what is wrong with them needs no answers.
  if (flags.model !== undefined) checkModel(flags.model);
  if (folder !== undefined) checkFolder(folder);
  const chosen = await choose(folder, flags, isInteractive && flags.yes !== true);
  if (chosen === undefined) return;
  checkFolder(chosen.folder);
  const answers = { ...chosen, folder: resolve(chosen.folder), name: packageName(chosen.folder, flags.name) };
  const { writeProject } = await import('./project.ts');
  output.out(said(answers, await writeProject(answers)));
}

async function choose(
  folder: string | undefined,
  flags: InitFlags,
  isAsking: boolean,
): Promise<Omit<ProjectAnswers, 'name'> | undefined> {
  const { engine = DEFAULTS.engine, model = DEFAULTS.model } = flags;
  if (!isAsking) return { folder: folder ?? DEFAULTS.folder, engine, model };
  const { askForProject } = await import('./ask.ts');
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
