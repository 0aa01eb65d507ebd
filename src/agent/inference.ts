import type { Agent, AnyAgent, Tool, TypesOf } from './types.ts';

/** Types are read from this, and not from the functions, which take `never`. */
type Types<T> = T extends { readonly __types?: infer Phantom } ? NonNullable<Phantom> : never;

/** What a caller of a tool or an agent passes. */
export type InputOf<T extends Tool | Agent> = Types<T> extends TypesOf<infer Input, unknown, unknown> ? Input : never;

/** What a tool or an agent comes to. */
export type OutputOf<T extends Tool | Agent> =
  Types<T> extends TypesOf<unknown, infer Output, unknown> ? Output : never;

/** One function for each member: their common parameter is the intersection. Members that need nothing add nothing. */
type Needs<T> = T extends unknown
  ? Types<T> extends TypesOf<unknown, unknown, infer Deps>
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
export type DepsOption<Deps> = unknown extends Deps ? { readonly deps?: unknown } : { readonly deps: Deps };
