import { dirname, resolve } from 'node:path';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { ConfigurationError } from '../../engine/index.ts';
import { findPackage } from './find-package.ts';
import { knownProvider } from './known-providers.ts';
import type { ModelOptions } from './options.ts';

/**
 * The model that a name such as `openai/gpt-5-mini` stands for: of one's own providers, else of the package `@ai-sdk/<provider>` as the
 * application has it installed. A model object is returned as it is.
 * @throws ConfigurationError with what to install or to set, when there is no such provider or its key is missing.
 */
export async function resolveModel(
  spec: string | LanguageModelV4,
  options: ModelOptions = {},
): Promise<LanguageModelV4> {
  if (typeof spec !== 'string') return requireVersion(spec, modelName(spec));
  const { provider, modelId } = parse(spec);
  const { providers = {} } = options;
  const own = Object.hasOwn(providers, provider) ? providers[provider] : undefined;
  // Models name the provider's interface, too: `openai.responses`.
  const factory = own ?? (await installedProvider(spec, provider.replace(/\..*$/s, ''), options));
  return requireVersion(factory(modelId), spec);
}

/** How a model object is recorded: `<provider>/<id>`. */
export function modelName({ provider, modelId }: Pick<LanguageModelV4, 'provider' | 'modelId'>): string {
  return `${provider}/${modelId}`;
}

function parse(spec: string): { provider: string; modelId: string } {
  // Ids may have slashes of their own: `openrouter/meta/llama-4`.
  const [, provider, modelId] = /^([a-z\d][\w.-]*)\/(.+)$/is.exec(spec) ?? [];
  if (provider !== undefined && modelId !== undefined) return { provider, modelId };
  throw new ConfigurationError('model', `${JSON.stringify(spec)} names no model.`, {
    fix: 'Write provider/model, for example openai/gpt-5-mini, or pass a model object.',
  });
}

async function installedProvider(
  spec: string,
  provider: string,
  { providers = {}, from, environment = process.env }: ModelOptions,
): Promise<(modelId: string) => unknown> {
  const name = `@ai-sdk/${provider}`;
  // What npm allows as a name: anything else might lead out of the folder.
  const folders = from === undefined ? applicationFolders() : [from];
  const url = /^[a-z\d][a-z\d-]*$/.test(provider) ? await findFirst(name, folders) : undefined;
  if (url === undefined) {
    const own = Object.keys(providers);
    throw new ConfigurationError(
      'model',
      `The provider of ${JSON.stringify(spec)} is not installed: there is no ${name} in ${folders.join(', ')}, or above.`,
      {
        fix: `Run npm install ${name}, or pass a provider of your own${own.length > 0 ? ` (there are: ${own.join(', ')})` : ''}.`,
      },
    );
  }
  const { key } = knownProvider(provider);
  if (key !== undefined && !environment[key]) {
    throw new ConfigurationError(key, `${JSON.stringify(spec)} needs a key.`, {
      fix: `Set the environment variable ${key}.`,
    });
  }
  return factoryOf(await load(url, name), provider, name);
}

/**
 * Where an application may be: where it was started, else where its main script is, else where this package is installed. Service managers and
 * schedulers start programs from other folders than their own.
 */
function applicationFolders(): readonly string[] {
  const [, script] = process.argv;
  return [...new Set([process.cwd(), ...(script ? [dirname(resolve(script))] : []), import.meta.dirname])];
}

async function findFirst(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const url = await findPackage(name, folder);
    if (url !== undefined) return url;
  }
  return undefined;
}

async function load(url: string, name: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError('model', `${name} can't be loaded: ${reason}`, {
      fix: `Install it again, with what it needs: npm install ${name}.`,
      cause: error,
    });
  }
}

function factoryOf(module: Record<string, unknown>, provider: string, name: string): (modelId: string) => unknown {
  const camelCased = provider.replace(/-+([a-z\d])/g, (_, letter: string) => letter.toUpperCase());
  for (const exportName of [knownProvider(provider).exportName, camelCased]) {
    const value = exportName === undefined ? undefined : module[exportName];
    if (typeof value === 'function') return value as (modelId: string) => unknown;
  }
  throw new ConfigurationError('model', `${name} exports no provider named ${camelCased}.`, {
    fix: 'Make one with what it exports, and pass it as a provider of your own.',
  });
}

/** Refuses what isn't a model of the version that we speak; the message says which one it is. */
function requireVersion(model: unknown, name: string): LanguageModelV4 {
  const version = (model as Partial<LanguageModelV4> | undefined)?.specificationVersion;
  if (version === 'v4') return model as LanguageModelV4;
  throw new ConfigurationError(
    'model',
    `${name} ${version === undefined ? 'is no language model' : `speaks version ${String(version)} of the model interface`}.`,
    { fix: 'Update the package of its provider to one for AI SDK 7 (version v4 of the interface).' },
  );
}
