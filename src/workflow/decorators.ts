/**
 * Workflows as classes: sugar over functions and `setHandler`, for both modes of TypeScript's decorators. Temporal's own bundler, which compiles
 * decorators as with `experimentalDecorators`, needs no settings.
 *
 * @module
 */
import type { HandlerUnfinishedPolicy } from '@temporalio/common';
import { defineQuery, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import { DecoratedMembers, type MethodDecorator } from './decorated-members.ts';

export type { MethodDecorator } from './decorated-members.ts';

/** How a method is reached from outside. */
export interface HandlerOptions {
  /** Default: the method's. */
  readonly name?: string;
  /** For people who look at the run. */
  readonly description?: string;
}

/** How a method that takes signals is reached. */
export interface SignalOptions extends HandlerOptions {
  /** What it means when the run ends before it has. Default: a warning is logged. */
  readonly unfinishedPolicy?: HandlerUnfinishedPolicy;
}

/** How a method that takes updates is reached. */
export interface UpdateOptions extends SignalOptions {
  /** The name of the method that refuses an update by throwing, before it is accepted. It must not wait or change anything. */
  readonly validator?: string;
}

/** A method, whatever it takes. */
export type Method<Result> = (...args: never[]) => Result;

/** What no promise is. */
export interface NotAPromise {
  /** Nothing. */
  readonly then?: never;
}

/** A value that is there at once: queries can't wait. */
export type Immediate = string | number | boolean | bigint | null | undefined | (object & NotAPromise);

const signals = new DecoratedMembers<SignalOptions>('Signal');
const queries = new DecoratedMembers<HandlerOptions>('Query');
const updates = new DecoratedMembers<UpdateOptions>('Update');

/** On a method of a workflow class: it takes the signals of its name. */
export function Signal(options: SignalOptions = {}): MethodDecorator<Method<void | Promise<void>>> {
  return signals.note(options);
}

/** On a method of a workflow class: it answers the queries of its name, at once, and changes nothing. */
export function Query(options: HandlerOptions = {}): MethodDecorator<Method<Immediate>> {
  return queries.note(options);
}

/** On a method of a workflow class: it answers the updates of its name. */
export function Update(options: UpdateOptions = {}): MethodDecorator<Method<unknown>> {
  return updates.note(options);
}

/** An instance of a workflow class: one run. */
export interface WorkflowInstance<Args extends unknown[], Result> {
  /** The workflow. */
  run(...args: Args): Promise<Result>;
}

/** A class whose `run` is a workflow. Its constructor gets the same arguments, so that handlers find what they need. */
export type WorkflowClass<Args extends unknown[] = never, Result = unknown> = new (
  ...args: Args
) => WorkflowInstance<Args, Result>;

/** The workflow that a class stands for, as clients and parents name its type: `start<WorkflowOf<typeof Order>>('order', …)`. */
export type WorkflowOf<Class extends WorkflowClass> = InstanceType<Class>['run'] extends (
  ...args: infer Args
) => Promise<infer Result>
  ? (...args: Args) => Promise<Result>
  : never;

/**
 * The workflow function that a class stands for. Each run gets an instance of its own; its handlers are there before `run` begins.
 * @example
 * class Order {
 *   #shipped = false;
 *   @Signal() ship(): void { this.#shipped = true; }
 *   @Query() isShipped(): boolean { return this.#shipped; }
 *   async run(orderId: string): Promise<string> {
 *     await condition(() => this.#shipped);
 *     return orderId;
 *   }
 * }
 * export const order = workflowOf(Order);
 */
export function workflowOf<Class extends WorkflowClass>(workflowClass: Class): WorkflowOf<Class> {
  const Constructor = workflowClass as unknown as WorkflowClass<unknown[]>;
  const workflow = async (...args: unknown[]): Promise<unknown> => {
    const instance = new Constructor(...args);
    registerHandlers(instance);
    return instance.run(...args);
  };
  return workflow as WorkflowOf<Class>;
}

function registerHandlers(instance: object): void {
  const call = (key: string): ((...args: unknown[]) => unknown) => methodOf(instance, key);
  for (const [name, key, { name: _, ...options }] of named(queries.of(instance), 'Query'))
    setHandler(defineQuery<unknown, unknown[]>(name), call(key), options);
  for (const [name, key, { name: _, validator, ...options }] of named(updates.of(instance), 'Update')) {
    const check = validator !== undefined && { validator: (...args: unknown[]) => void call(validator)(...args) };
    setHandler(defineUpdate<unknown, unknown[]>(name), call(key), { ...options, ...check });
  }
  for (const [name, key, { name: _, ...options }] of named(signals.of(instance), 'Signal'))
    setHandler(defineSignal<unknown[]>(name), async (...args) => void (await call(key)(...args)), options);
}

/** The method of a name, called on the instance: by then, subclasses and other decorators may have replaced it. */
function methodOf(instance: object, key: string): (...args: unknown[]) => unknown {
  const method = (instance as Readonly<Record<string, unknown>>)[key];
  if (typeof method !== 'function') throw new TypeError(`${instance.constructor.name} has no method ${key}.`);
  return (...args) => method.apply(instance, args) as unknown;
}

/** Name outside, name of the method, options. */
function named<Options extends HandlerOptions>(
  members: ReadonlyMap<string, Options>,
  decorator: string,
): readonly (readonly [string, string, Options])[] {
  const all = [...members].map(([key, options]) => [options.name ?? key, key, options] as const);
  const names = all.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new TypeError(`Two methods are @${decorator}() "${twice}": rename one of them.`);
  return all;
}
