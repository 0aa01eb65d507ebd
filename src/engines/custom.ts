import type { Engine } from '../engine/index.ts';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

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

/** Tells which engine is meant. @typeParam Type its name. */
export interface TypeOfEngine<Type> {
  /** The name of the engine. */
  readonly type: Type;
}

/** Configuration of an engine that was registered: its type, and what `CustomEngines` says of it. */
export type CustomEngineConfig = {
  readonly [Type in keyof CustomEngines]: TypeOfEngine<Type> & CustomEngines[Type];
}[keyof CustomEngines];

/**
 * Opens an engine of one type. What it is given was checked by nobody: it throws `ConfigurationError` for what is wrong with it, before anything is
 * connected, and `EngineUnavailableError` when the engine cannot be reached.
 * @param config all of the configuration but `type`; `{}` when only the type is known. @param env where it may look for what is not said.
 */
export type EngineFactory<Config = unknown> = (config: Config, env: Environment) => Promise<Engine>;

/** What a factory is given: what `CustomEngines` says, when it says something. @typeParam Type the name of the engine. */
export type CustomConfigOf<Type extends string> = Type extends keyof CustomEngines ? CustomEngines[Type] : unknown;
