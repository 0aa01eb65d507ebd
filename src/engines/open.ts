import { createRequire } from 'node:module';
import type { ClientOptions } from '@temporalio/client';
import { ConfigurationError, type Engine } from '../engine/index.ts';
import type * as Bullmq from './bullmq/index.ts';
import { ENGINE_TYPES, type EngineConfig, type RoutedConfig } from './config.ts';
import { placeOf } from './place.ts';
import { customEngineTypes, isEngine, openCustomEngine } from './registry.ts';
import type { RoutedEngine, RoutedEngineOptions } from './routed/index.ts';
import type { Environment } from './temporal/environment.ts';

/**
 * Opens the engine that a configuration asks for; an engine that is open already is given back as it is. Only the engine that is asked for is
 * loaded. With `PERDURE_PAYLOAD_KEYS` in the environment payloads are encrypted, unless the configuration has a data converter of its own.
 * @param env where the engines on Redis and Temporal find what the configuration does not say. Default `process.env`.
 * @throws ConfigurationError when the configuration is wrong.
 * @throws EngineUnavailableError when the engine cannot be reached.
 * @example
 * const engine = await openEngine({ type: 'embedded', path: './orders.db' });
 */
export async function openEngine(source: EngineConfig | Engine, env: Environment = process.env): Promise<Engine> {
  if (isEngine(source)) return source;
  if (typeof source !== 'object' || source === null) throw unknownType(source);
  switch (source.type) {
    case 'embedded': {
      const { type: _, ...options } = source;
      const { createEmbeddedEngine } = await import('./embedded/index.ts');
      return await createEmbeddedEngine(await encrypting(options, env));
    }
    case 'bullmq': {
      const { type: _, ...options } = source;
      const { createBullmqEngine } = await loadBullmq();
      return await createBullmqEngine(await encrypting(options, env), env);
    }
    case 'temporal': {
      const { type: _, ...config } = source;
      const { createTemporalEngine } = await import('./temporal/index.ts');
      return await createTemporalEngine(await encrypting(config, env), env);
    }
    case 'routed':
      return await openRouted(source, env);
    default:
      return await openCustom(source, env);
  }
}

async function openCustom(source: object, env: Environment): Promise<Engine> {
  const { type, ...config } = source as { readonly type?: unknown };
  const engine = await openCustomEngine(type, config, env);
  if (engine === undefined) throw unknownType(type);
  return engine;
}

/**
 * Makes one engine of several. Rules say where a run is started; its handles find it wherever it is, lists are those of all engines, and a worker
 * works on all of them.
 * @param env as in `openEngine`.
 * @throws ConfigurationError when a rule names no engine or can never fit, an engine is there twice, or its configuration is wrong.
 * @throws EngineUnavailableError when one of the engines cannot be reached.
 * @example
 * const engine = await createRoutedEngine({
 *   engines: { temporal: { type: 'temporal' }, bullmq: { type: 'bullmq' } },
 *   rules: [{ workflowType: 'sendMail', engine: 'bullmq' }],
 *   default: 'temporal',
 * });
 */
export async function createRoutedEngine(
  options: RoutedEngineOptions<Engine | EngineConfig>,
  env: Environment = process.env,
): Promise<RoutedEngine> {
  return await openRouted(options, env);
}

async function openRouted(
  source: RoutedConfig | RoutedEngineOptions<Engine | EngineConfig>,
  env: Environment,
): Promise<RoutedEngine> {
  const { type: _, ...options } = source as RoutedConfig;
  const { openRoutedEngine } = await import('./routed/index.ts');
  return await openRoutedEngine(options, {
    open: async (part) => ({ engine: await openEngine(part, env), isOurs: !isEngine(part) }),
    placeOf: async (part) => (isEngine(part) ? undefined : await placeOf(part, env)),
  });
}

/** What is written is encrypted when the environment says so. */
async function encrypting<Options extends { readonly client?: Omit<ClientOptions, 'connection' | 'namespace'> }>(
  options: Options,
  env: Environment,
): Promise<Options> {
  if (!env['PERDURE_PAYLOAD_KEYS'] || options.client?.dataConverter !== undefined) return options;
  const { converterFromEnv } = await import('../codec/index.ts');
  const dataConverter = converterFromEnv(env);
  if (dataConverter === undefined) return options;
  return { ...options, client: { ...options.client, dataConverter } };
}

/** The engine on Redis is the only one whose packages are not needed by all: they are installed by who uses it. */
async function loadBullmq(): Promise<typeof Bullmq> {
  try {
    return await import('./bullmq/index.ts');
  } catch (cause) {
    const missing = /'(bullmq|ioredis)'/.exec(cause instanceof Error ? cause.message : '')?.[1];
    if (missing === undefined || (cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const { peerDependencies } = createRequire(import.meta.url)('perdure/package.json') as PackageFile;
    const wanted = ['bullmq', 'ioredis'].map((name) => `"${name}@${peerDependencies[name]}"`);
    throw new ConfigurationError(
      'engine.type',
      `the engine on Redis needs the package ${missing}, which is not installed.`,
      {
        fix: `Run npm install ${wanted.join(' ')}`,
        cause,
      },
    );
  }
}

interface PackageFile {
  readonly peerDependencies: Readonly<Record<string, string>>;
}

function unknownType(type: unknown): ConfigurationError {
  const shown = typeof type === 'string' ? `'${type}'` : String(type);
  return new ConfigurationError('engine.type', `there is no engine ${shown}.`, {
    fix: `Use one of ${[...ENGINE_TYPES, 'routed', ...customEngineTypes()].join(', ')}; others need registerEngine first.`,
  });
}
