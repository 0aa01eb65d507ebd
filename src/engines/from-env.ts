import { ConfigurationError } from '../engine/index.ts';
import { ENGINE_TYPES, type EngineConfig } from './config.ts';
import { customEngineTypes } from './registry.ts';
import type { Environment } from './temporal/environment.ts';

/**
 * Which engine the environment asks for. `PERDURE_ENGINE` is `embedded` (default), `bullmq`, `temporal` or the name of a registered one; `PERDURE_DATABASE` is the file of the embedded
 * engine (default `./.perdure/perdure.db`), or `:memory:`. Redis is found by `REDIS_URL`, a cluster by Temporal's own variables
 * (`TEMPORAL_ADDRESS`, …); their engines read them when they are opened, as they read `PERDURE_PAYLOAD_KEYS`, by which payloads are encrypted.
 * @param env default `process.env`.
 * @throws ConfigurationError when a variable has a value that means nothing.
 * @example
 * const engine = await openEngine(engineFromEnv());
 */
export function engineFromEnv(env: Environment = process.env): EngineConfig {
  const name = env['PERDURE_ENGINE']?.trim() || 'embedded';
  const database = env['PERDURE_DATABASE']?.trim();
  switch (name) {
    case 'embedded':
      if (!database) return { type: 'embedded' };
      return database === ':memory:' ? { type: 'embedded', memory: true } : { type: 'embedded', path: database };
    case 'bullmq':
    case 'temporal':
      return withoutDatabase({ type: name }, database);
    default:
      // What a registered engine needs to know beside its name, its factory finds in the environment.
      if (customEngineTypes().includes(name))
        return withoutDatabase({ type: name } as unknown as EngineConfig, database);
      throw new ConfigurationError('PERDURE_ENGINE', `there is no engine '${name}'.`, {
        fix: `Use one of ${[...ENGINE_TYPES, ...customEngineTypes()].join(', ')}; others need registerEngine first.`,
      });
  }
}

/** One of the two is a mistake, and either guess would run somebody's agents in the wrong place. */
function withoutDatabase(config: EngineConfig, database: string | undefined): EngineConfig {
  if (!database) return config;
  throw new ConfigurationError('PERDURE_DATABASE', `is set, but PERDURE_ENGINE is '${config.type}'.`, {
    fix: 'Unset it, or set PERDURE_ENGINE=embedded.',
  });
}
