import type { Engine } from '../engine/index.ts';
import type { Environment } from './temporal/environment.ts';

/**
 * Configurations of engines that are not part of this package, by their type: empty here, and filled by whoever registers one, so that `openEngine` knows
 * what it takes.
 * @example
 * declare module 'perdure/engines' {
 *   interface CustomEngines {
 *     journal: { readonly file: string };
 *   }
 * }
 */
// oxlint-disable-next-line typescript/no-empty-interface, typescript/no-empty-object-type
export interface CustomEngines {}

/** Configuration of an engine that was registered: its type, and what `CustomEngines` says of it. */
export type CustomEngineConfig = {
  readonly [Type in keyof CustomEngines]: { readonly type: Type } & CustomEngines[Type];
}[keyof CustomEngines];

/**
 * Opens an engine of one type. What it is given was checked by nobody: it throws `ConfigurationError` for what is wrong with it, before anything is
 * connected, and `EngineUnavailableError` when the engine cannot be reached.
 * @param config all of the configuration but `type`; `{}` when only the type is known. @param env where it may look for what is not said.
 */
export type EngineFactory<Config = unknown> = (config: Config, env: Environment) => Promise<Engine>;
