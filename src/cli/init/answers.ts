import { readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { ConfigurationError } from '../../engine/index.ts';
import type { ProjectAnswers } from './project.ts';

/** What the command line says about a new project; what it leaves open is asked for, or has a default. */
export interface InitFlags {
  /** Name of its package. Default: that of its folder. */
  readonly name?: string;
  /** Where runs are to live. Default: `embedded`. */
  readonly engine?: ProjectAnswers['engine'];
  /** The model that its settings suggest. Default: `openai/gpt-5-mini`. */
  readonly model?: string;
  /** Asks nothing. */
  readonly yes?: boolean;
}

/** What is taken when nobody says anything. */
export const DEFAULTS = { folder: 'my-app', engine: 'embedded', model: 'openai/gpt-5-mini' } as const;

/** Makes sure that nothing in a folder can get lost. @throws ConfigurationError when it is not empty, or a file. */
export function checkFolder(folder: string): void {
  // A repository that was made just now has nothing.
  const [first] = entriesOf(folder).filter((entry) => entry !== '.git');
  if (first === undefined) return;
  throw new ConfigurationError(folder, `is not empty: it has ${first}. Nothing was written.`, {
    fix: 'Name a folder that is empty, or not there yet.',
  });
}

/** @throws ConfigurationError when a text names no model. */
export function checkModel(model: string): void {
  if (/^[a-z\d][\w.-]*\/.+$/i.test(model)) return;
  throw new ConfigurationError('--model', `'${model}' names no model.`, {
    fix: 'Write provider/model, for example openai/gpt-5-mini.',
  });
}

/** The name of the package of a folder, or the one that is given. @throws ConfigurationError when npm would not take it. */
export function packageName(folder: string, given?: string): string {
  const name = given ?? nameOf(folder);
  if (/^(@[a-z\d~-][a-z\d._~-]*\/)?[a-z\d~-][a-z\d._~-]*$/.test(name) && name.length <= 214) return name;
  throw new ConfigurationError('--name', `'${name}' is no name of a package.`, {
    fix: 'Pass --name with small letters, digits, -, . and _, for example my-app.',
  });
}

function nameOf(folder: string): string {
  return basename(resolve(folder))
    .toLowerCase()
    .replaceAll(/[^a-z\d._-]+/g, '-')
    .replaceAll(/^[-._]+|-+$/g, '');
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(resolve(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    if (code !== 'ENOTDIR') throw error;
    throw new ConfigurationError(folder, 'is a file.', { fix: 'Name another folder.' });
  }
}
