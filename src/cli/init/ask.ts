import { cancel, intro, isCancel, select, text } from '@clack/prompts';
import { ConfigurationError } from '../../engine/index.ts';
import { checkFolder, checkModel, DEFAULTS, type InitFlags, packageName } from './answers.ts';
import type { ProjectAnswers } from './project.ts';

/** What a person has said. */
export type Asked = Pick<ProjectAnswers, 'folder' | 'engine' | 'model'>;

/** Asks a person for what the command line leaves open. @returns `undefined` when they would rather not. */
export async function askForProject(folder: string | undefined, flags: InitFlags): Promise<Asked | undefined> {
  intro('A new Perdure project');
  const where =
    folder ??
    (await text({
      message: 'In which folder?',
      initialValue: DEFAULTS.folder,
      validate: problem((value) => {
        checkFolder(value);
        packageName(value, flags.name);
      }),
    }));
  if (isCancel(where)) return stop();
  const engine = flags.engine ?? (await select({ message: 'Where will its runs live?', options: ENGINES }));
  if (isCancel(engine)) return stop();
  const model =
    flags.model ??
    (await text({
      message: 'Which model, later? It begins without one.',
      initialValue: DEFAULTS.model,
      validate: problem(checkModel),
    }));
  return isCancel(model) ? stop() : { folder: where, engine, model };
}

const ENGINES: { value: ProjectAnswers['engine']; label: string; hint: string }[] = [
  { value: 'embedded', label: 'On this machine', hint: 'a SQLite file, nothing to install' },
  { value: 'bullmq', label: 'On Redis', hint: 'with BullMQ' },
  { value: 'temporal', label: 'On Temporal', hint: 'a cluster, or its dev server' },
];

function stop(): undefined {
  cancel('Nothing was written.');
  return undefined;
}

/** A check, as prompts want it: what is wrong, as text. */
function problem(check: (value: string) => void): (value: string | undefined) => string | undefined {
  return (value = '') => {
    try {
      check(value);
      return undefined;
    } catch (error) {
      if (ConfigurationError.is(error)) return error.message;
      throw error;
    }
  };
}
