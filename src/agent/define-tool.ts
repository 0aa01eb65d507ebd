import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Json, JsonObject, JsonSchema } from '../workflow/protocol/index.ts';
import {
  checkCount,
  checkFunction,
  checkKeys,
  checkName,
  checkOneOf,
  checkText,
  completeRetry,
  type RetryOptions,
} from './checks.ts';
import { DEFAULTS } from './defaults.ts';
import { DefinitionError } from './errors.ts';
import { jsonSchemaValidator } from './json-schema.ts';
import { isStandardSchema, objectSchema, toJsonSchema } from './schema.ts';
import { parseTime } from './time.ts';
import type {
  ApprovalAnswer,
  ApprovalContext,
  AsyncToolContext,
  CompensationContext,
  Time,
  Tool,
  ToolContext,
} from './types.ts';

/** What a tool is given beside its functions. */
export interface ToolSettings {
  /** How models call it: 1 to 64 letters, digits, `_` and `-`, beginning with a letter. */
  readonly name: string;
  /** What it does and when to use it, for models. */
  readonly description: string;
  /** What `input` accepts, for a schema library that can't say it; or alone, and then arguments are checked by it. */
  readonly inputJsonSchema?: JsonSchema;
  /** How long one attempt may take; with `completion: 'async'`, until the result has to be there. Default: 60 s; 24 h. */
  readonly timeout?: Time;
  /** After how long without a sign of life an attempt counts as lost. Perdure gives the signs. Default: 10 s. */
  readonly heartbeatTimeout?: Time;
  /** Default: 3 attempts, 1 s apart, then 2 s. */
  readonly retry?: RetryOptions;
  /**
   * Largest result, in bytes of JSON; a larger one is an error that the model is told. With `completion: 'async'` it is refused, and the call stays open; there it
   * is 1,048,576 at most. Default: 262,144.
   */
  readonly maxResultBytes?: number;
}

/**
 * How a tool is made.
 * @typeParam Schema of the arguments. @typeParam Result what `run` returns.
 * @typeParam RunDeps what `run` reads from `context.deps`; @typeParam ApprovalDeps and what `approval` does; @typeParam UndoDeps and `compensate`.
 */
export interface ToolOptions<
  Schema extends StandardSchemaV1,
  Result,
  Completion extends 'sync' | 'async',
  RunDeps,
  ApprovalDeps,
  UndoDeps,
> extends ToolSettings {
  /** Of the arguments, an object. zod 4, valibot's `toStandardJsonSchema`, arktype and others. Default: no arguments. */
  readonly input?: Schema;
  /**
   * Does it, in an activity: databases, HTTP and secrets are fine here. What it returns is JSON; text and `{ type: 'content', value: [parts] }`
   * (text, images, files) reach the model as such. Throw a `ToolError` to tell the model what is wrong.
   */
  readonly run: (
    args: StandardSchemaV1.InferOutput<Schema>,
    context: Completion extends 'async' ? AsyncToolContext<RunDeps> : ToolContext<RunDeps>,
  ) => Result;
  /** `async`: `run` only begins it, and whoever has `context.completionToken` ends it later. Default: `sync`. */
  readonly completion?: Completion;
  /** Whether a person has to decide first: always, or as a function says; text is what that person is asked. Default: never. */
  readonly approval?:
    | boolean
    | ((
        args: StandardSchemaV1.InferOutput<Schema>,
        context: ApprovalContext<ApprovalDeps>,
      ) => ApprovalAnswer | Promise<ApprovalAnswer>);
  /** Undoes a completed call when the run fails or is cancelled. Has to bear being called twice. */
  readonly compensate?: (args: StandardSchemaV1.InferOutput<Schema>, context: CompensationContext<UndoDeps>) => unknown;
}

/** Options of a tool whose types are not known. */
export interface AnyToolOptions extends ToolSettings {
  /** Of the arguments. */
  readonly input?: StandardSchemaV1;
  readonly run: (args: never, context: AsyncToolContext<never>) => unknown;
  readonly completion?: 'sync' | 'async';
  readonly approval?:
    | boolean
    | ((args: never, context: ApprovalContext<never>) => ApprovalAnswer | Promise<ApprovalAnswer>);
  readonly compensate?: (args: never, context: CompensationContext<never>) => unknown;
}

const KEYS = [
  'name',
  'description',
  'input',
  'inputJsonSchema',
  'run',
  'completion',
  'approval',
  'timeout',
  'heartbeatTimeout',
  'retry',
  'compensate',
  'maxResultBytes',
] as const satisfies readonly (keyof AnyToolOptions)[];

/**
 * Makes a tool that agents may call. Types follow from the schema, from what `run` returns, and from its annotated context.
 * @throws DefinitionError when something is missing, misspelt or impossible.
 * @example
 * const lookupOrder = defineTool({
 *   name: 'lookup_order',
 *   description: 'Find an order by its number.',
 *   input: z.object({ orderId: z.string() }),
 *   run: ({ orderId }, { deps }: ToolContext<{ orders: Orders }>) => deps.orders.find(orderId),
 * });
 */
export function defineTool<
  Schema extends StandardSchemaV1 = StandardSchemaV1<JsonObject>,
  Result = unknown,
  Completion extends 'sync' | 'async' = 'sync',
  RunDeps = unknown,
  ApprovalDeps = unknown,
  UndoDeps = unknown,
>(
  options: ToolOptions<Schema, Result, Completion, RunDeps, ApprovalDeps, UndoDeps>,
): Tool<
  StandardSchemaV1.InferInput<Schema>,
  Completion extends 'async' ? Json : Awaited<Result>,
  RunDeps & ApprovalDeps & UndoDeps
> {
  return completeTool(options);
}

/** Checks options and fills in what they leave out. */
export function completeTool(options: AnyToolOptions): Tool<never, never, never> {
  checkKeys(options, KEYS, 'defineTool');
  checkName(options.name, 'tool');
  const path = `tool "${options.name}"`;
  checkText(options.description, `${path}: description`, 'Say what it does and when to use it: models choose by it.');
  if (options.run === undefined)
    throw new DefinitionError(`${path}: run`, 'is missing.', { fix: 'Give the function that does it.' });
  checkFunction(options.run, `${path}: run`, 'Give the function that does it.');
  checkFunction(options.compensate, `${path}: compensate`, 'Give the function that undoes a call, or leave it out.');
  const { completion = 'sync', maxResultBytes = DEFAULTS.maxResultBytes } = options;
  checkOneOf(completion, ['sync', 'async'], `${path}: completion`);
  checkCount(maxResultBytes, 1, `${path}: maxResultBytes`);
  return Object.freeze<Tool<never, never, never>>({
    kind: 'tool',
    name: options.name,
    description: options.description.trim(),
    ...argumentsOf(options, path),
    completion,
    timeout: options.timeout === undefined ? undefined : parseTime(options.timeout, `${path}: timeout`),
    heartbeatTimeout: parseTime(options.heartbeatTimeout ?? DEFAULTS.heartbeatTimeout, `${path}: heartbeatTimeout`),
    retry: options.retry === undefined ? undefined : completeRetry(options.retry, DEFAULTS.toolRetry, `${path}: retry`),
    approval: approvalOf(options.approval, path),
    run: options.run,
    compensate: options.compensate,
    maxResultBytes,
  });
}

const NO_ARGUMENTS: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

function argumentsOf(options: AnyToolOptions, path: string): Pick<Tool, 'input' | 'inputSchema'> {
  const { input, inputJsonSchema } = options;
  if (input === undefined) {
    const inputSchema = objectSchema(inputJsonSchema ?? NO_ARGUMENTS, `${path}: inputJsonSchema`);
    return { input: jsonSchemaValidator(inputSchema), inputSchema };
  }
  if (!isStandardSchema(input))
    throw new DefinitionError(`${path}: input`, 'is no Standard Schema.', {
      fix: 'Give a schema of zod, valibot, arktype or the like; a plain JSON Schema belongs into inputJsonSchema.',
    });
  const schema = inputJsonSchema ?? toJsonSchema(input, `${path}: input`, 'inputJsonSchema beside it');
  return { input, inputSchema: objectSchema(schema, `${path}: input`) };
}

function approvalOf(approval: AnyToolOptions['approval'], path: string): Tool['approval'] {
  if (approval === undefined || approval === false) return undefined;
  if (approval === true) return () => true;
  checkFunction(approval, `${path}: approval`, 'Give true, false, or a function of the arguments.');
  return approval;
}
