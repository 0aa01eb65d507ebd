import { ConfigurationError, type Engine } from '../engine/index.ts';
import type { CustomConfigOf, EngineFactory, Environment } from './custom.ts';

/** Names that are taken by what this package has. */
const BUILT_IN: readonly string[] = ['embedded', 'bullmq', 'temporal', 'routed'];
const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** What was registered under a name; another one each time. */
interface Registration {
  readonly factory: EngineFactory<never>;
}

const registrations = new Map<string, Registration>();

/**
 * Makes an engine of your own known by a name, for `openEngine`, `connect`, `runWorker`, adapters and `PERDURE_ENGINE`. Once for each process, before
 * anything opens it.
 * @returns takes the name away again, for whoever loads code anew.
 * @throws ConfigurationError when the name is taken, or is none.
 * @example
 * registerEngine('journal', async ({ file }) => await openJournalEngine(file));
 */
export function registerEngine<const Type extends string>(
  type: Type,
  factory: EngineFactory<CustomConfigOf<Type>>,
): () => void {
  checkName(type);
  if (typeof factory !== 'function') {
    throw new ConfigurationError('factory', 'is no function.', { fix: 'Give a function that opens the engine.' });
  }
  const registration: Registration = { factory };
  registrations.set(type, registration);
  return () => {
    if (registrations.get(type) === registration) registrations.delete(type);
  };
}

function checkName(type: unknown): asserts type is string {
  if (typeof type !== 'string' || !NAME.test(type)) {
    throw new ConfigurationError('type', `${typeof type === 'string' ? `'${type}'` : String(type)} is no name.`, {
      fix: 'Give lower-case letters, digits and hyphens, beginning with a letter.',
    });
  }
  if (BUILT_IN.includes(type)) {
    throw new ConfigurationError('type', `'${type}' is an engine of this package.`, { fix: 'Choose another name.' });
  }
  if (registrations.has(type)) {
    throw new ConfigurationError('type', `there is an engine '${type}' already.`, {
      fix: 'Register it once for each process, or choose another name.',
    });
  }
}

/** Names of the engines that were registered, in the order in which they were. */
export function customEngineTypes(): readonly string[] {
  return [...registrations.keys()];
}

/**
 * Opens an engine that was registered.
 * @returns `undefined` when there is none of this type.
 * @throws ConfigurationError when what the factory gives is no engine; what the factory throws.
 */
export async function openCustomEngine(type: unknown, config: object, env: Environment): Promise<Engine | undefined> {
  const factory = typeof type === 'string' ? registrations.get(type)?.factory : undefined;
  if (factory === undefined) return undefined;
  const engine: unknown = await (factory as EngineFactory)(config, env);
  if (isEngine(engine)) return engine;
  throw new ConfigurationError('engine.type', `what opens the engine '${String(type)}' gave no engine.`, {
    fix: 'Its factory has to resolve with an object that is an `Engine` of perdure/engine.',
  });
}

/** Whether a value is an engine that is open, and not the configuration of one. */
export function isEngine(value: unknown): value is Engine {
  if (typeof value !== 'object' || value === null) return false;
  return 'client' in value && 'createWorker' in value && typeof value.createWorker === 'function';
}
