import { ConfigurationError } from '../engine/index.ts';
import { type EngineConfig, engineFromEnv, type TemporalConfig } from '../engines/index.ts';

/** What the command line says about the engine. */
export interface EngineFlags {
  readonly engine?: EngineConfig['type'];
  readonly database?: string;
  readonly address?: string;
  readonly namespace?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The engine that flags ask for; what they leave open, the environment says.
 * @returns `undefined` when no flag is about the engine.
 * @throws ConfigurationError when flags contradict each other.
 */
export function engineFromFlags(flags: EngineFlags, env: Environment = process.env): EngineConfig | undefined {
  const { database, address, namespace } = flags;
  const isAsked = [flags.engine, database, address, namespace].some((flag) => flag !== undefined);
  if (!isAsked) return undefined;
  const implied = database !== undefined ? 'embedded' : address !== undefined ? 'temporal' : undefined;
  const type = flags.engine ?? implied ?? engineFromEnv(env).type;
  refuse('--database', database, type, 'embedded');
  refuse('--address', address, type, 'temporal');
  if (type === 'temporal') {
    const connection: TemporalConfig['connection'] = {
      ...(address === undefined ? {} : { address }),
      ...(namespace === undefined ? {} : { namespace }),
    };
    return { type, connection };
  }
  if (type === 'bullmq') return namespace === undefined ? { type } : { type, namespace };
  // Only this package's own engines have flags.
  if (type !== 'embedded') refuse('--namespace', namespace, type, 'embedded');
  const file = database ?? env['PERDURE_DATABASE'];
  const place = engineFromEnv({ PERDURE_ENGINE: 'embedded', PERDURE_DATABASE: file });
  return namespace === undefined ? place : ({ ...place, namespace } as EngineConfig);
}

function refuse(
  flag: string,
  value: string | undefined,
  type: EngineConfig['type'],
  needed: EngineConfig['type'],
): void {
  if (value === undefined || type === needed) return;
  throw new ConfigurationError(flag, `is for the ${needed} engine, but the engine is ${type}.`, {
    fix: `Leave it out, or pass --engine ${needed}.`,
  });
}
