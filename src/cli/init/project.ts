import { createRequire } from 'node:module';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { EngineConfig } from '../../engines/index.ts';
import { knownProvider } from '../../agent/models/known-providers.ts';

/** What a new project is to be. */
export interface ProjectAnswers {
  /** Where it is written, absolute. */
  readonly folder: string;
  /** Its package's name. */
  readonly name: string;
  /** Where its runs are to live. */
  readonly engine: Exclude<EngineConfig['type'], 'routed'>;
  /** The model that its settings suggest, such as `openai/gpt-5-mini`. */
  readonly model: string;
}

interface PackageFile {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const resolve = createRequire(import.meta.url);
const PACKAGE = resolve('perdure/package.json') as PackageFile;
const TEMPLATE = join(dirname(resolve.resolve('perdure/package.json')), 'templates', 'project');

/** The oldest Node that runs TypeScript as it is. */
const NODE = '>=22.18';

/** Packages of the official worker that have install scripts. */
const INSTALLED_BY_SCRIPTS = ['@swc/core', 'protobufjs'];

/**
 * Writes a project that tests green as soon as its packages are installed.
 * @returns the files, relative to its folder.
 * @throws the system's error when something cannot be written, and when a file is there already.
 */
export async function writeProject(answers: ProjectAnswers): Promise<readonly string[]> {
  const written: string[] = [];
  const write = async (path: string, text: string): Promise<void> => {
    const file = join(answers.folder, path);
    await mkdir(dirname(file), { recursive: true });
    // Whoever wrote it in the meantime keeps it.
    await writeFile(file, text, { flag: 'wx' });
    written.push(path);
  };
  await write('package.json', `${JSON.stringify(packageFile(answers), null, 2)}\n`);
  for (const { path, text } of await templates()) await write(path, filled(text, answers));
  return written.toSorted();
}

/** Provider of a model's name, the package that has it, and the environment variable with its key. */
function providerOf(model: string): { readonly package: string; readonly key: string | undefined } {
  const provider = model.slice(0, model.indexOf('/')).replace(/\..*$/s, '');
  return { package: `@ai-sdk/${provider}`, key: knownProvider(provider).key };
}

function filled(text: string, { name, engine, model }: ProjectAnswers): string {
  const provider = providerOf(model);
  const values: Readonly<Record<string, string>> = {
    name,
    engine,
    model,
    provider: provider.package,
    key: provider.key ?? '',
    secrets: provider.key === undefined ? 'what its provider needs' : `\`${provider.key}\``,
  };
  return text
    .replaceAll(/^# \{\{key\}\}=\n/gm, provider.key === undefined ? '' : '# {{key}}=\n')
    .replaceAll(/\{\{(\w+)\}\}/g, (whole, key: string) => values[key] ?? whole);
}

/** npm leaves out some files, and tools of this repository would take others for its own: those have a `_` before their names. */
async function templates(): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const text = await readFile(join(parentPath, name), 'utf8');
      return { path: join(relative(TEMPLATE, parentPath), RENAMED[name] ?? name), text };
    }),
  );
}

const RENAMED: Readonly<Record<string, string>> = {
  '_env.example': '.env.example',
  _gitignore: '.gitignore',
  '_tsconfig.json': 'tsconfig.json',
};

function packageFile({ name, engine }: ProjectAnswers): object {
  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta, version } = PACKAGE;
  // What is tested together is installed together: exact versions, ours.
  const pinned = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.toSorted().map((each) => [each, devDependencies[each] ?? dependencies[each] ?? '']));
  const required = Object.keys(peerDependencies).filter((each) => !(each in peerDependenciesMeta));
  const used = [...required, '@ai-sdk/provider', 'zod', ...(engine === 'bullmq' ? ['bullmq', 'ioredis'] : [])];
  return {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    scripts: { dev: 'perdure dev', start: 'perdure serve --worker', test: 'vitest run', types: 'tsc' },
    dependencies: sorted({ ...pinned(used), perdure: version }),
    devDependencies: pinned(['@types/node', 'typescript', 'vitest']),
    engines: { node: NODE },
    // npm wants to know which packages may run what they bring along.
    allowScripts: Object.fromEntries(INSTALLED_BY_SCRIPTS.map((each) => [each, true])),
  };
}

function sorted(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
