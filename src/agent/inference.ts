import type { Agent, AnyAgent, Tool, TypesOf } from './types.ts';

/** What a tool or an agent carries its types in. Types are read from it, and not from the functions, which take `never`. */
export type CarriedTypes<T> = T extends Tool | Agent ? NonNullable<T['__types']> : never;

/** What a caller of a tool or an agent passes. */
export type InputOf<T extends Tool | Agent> =
  CarriedTypes<T> extends TypesOf<infer Input, unknown, unknown> ? Input : never;

/** What a tool or an agent comes to. */
export type OutputOf<T extends Tool | Agent> =
  CarriedTypes<T> extends TypesOf<unknown, infer Output, unknown> ? Output : never;

/** One function for each member: their common parameter is the intersection. Members that need nothing add nothing. */
export type Needs<T> = T extends unknown
  ? CarriedTypes<T> extends TypesOf<unknown, unknown, infer Deps>
    ? (deps: Deps) => void
    : never
  : never;

/** Everything that a union of things needs. */
export type Needed<T> = [T] extends [never] ? unknown : Needs<T> extends (deps: infer Deps) => void ? Deps : unknown;

/**
 * What the worker has to be given for these agents: the `deps` that their tools, and those of their sub-agents, read.
 * @example
 * const agents = [support, billing];
 * const deps: DepsOf<typeof agents> = { orders, payments };
 */
export type DepsOf<Agents extends readonly AnyAgent[], Tools extends readonly Tool[] = readonly []> = Needed<
  Agents[number] | Tools[number]
>;

/** `deps` among a worker's options: required as soon as a tool needs something. */
export type DepsOption<Deps> = unknown extends Deps ? OptionalDeps : RequiredDeps<Deps>;

/** Options of a worker whose tools need nothing. */
export interface OptionalDeps {
  /** Given to tools all the same. */
  readonly deps?: unknown;
}

/** Options of a worker whose tools need something. */
export interface RequiredDeps<Deps> {
  /** What tools read from `context.deps`. */
  readonly deps: Deps;
}
