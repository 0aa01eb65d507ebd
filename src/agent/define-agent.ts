import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonSchema, OnLimit, UserContent } from '../workflow/protocol/index.ts';
import {
  checkKeys,
  checkName,
  checkOneOf,
  checkText,
  checkUnique,
  completeRetry,
  type RetryOptions,
} from './checks.ts';
import { DEFAULTS } from './defaults.ts';
import { DefinitionError } from './errors.ts';
import type { Needed } from './inference.ts';
import { completeLimits, type LimitOptions } from './limits.ts';
import { isStandardSchema, objectSchema, toJsonSchema } from './schema.ts';
import { checkSettings } from './settings.ts';
import { parseTime } from './time.ts';
import type { Agent, AnyAgent, AnyTool, InstructionContext, ModelSettings, Time, ToolSource } from './types.ts';

/** How an agent asks users. */
export interface AskOptions {
  /** How long it waits for an answer. Default: 1 h. */
  readonly timeout?: Time;
}

/**
 * How an agent is made.
 * @typeParam Input of typed input. @typeParam Output of a structured result. @typeParam Tools its tools. @typeParam Agents its sub-agents.
 */
export interface AgentOptions<
  Name extends string,
  Input extends StandardSchemaV1 | undefined,
  Output extends StandardSchemaV1 | undefined,
  Tools extends readonly (AnyTool | ToolSource)[],
  Agents extends readonly AnyAgent[],
> {
  /** How runs and other agents call it: 1 to 64 letters, digits, `_` and `-`, beginning with a letter. */
  readonly name: Name;
  /** What it is for, for the models of agents that may call it. Required for a sub-agent. Default: the name. */
  readonly description?: string;
  /** `'provider/model'`, e.g. `'openai/gpt-5-mini'`, or a model object of the AI SDK. */
  readonly model: string | LanguageModelV4;
  /** What the model is told to be and to do: text, or a function that makes it when a run starts. */
  readonly instructions: string | ((context: InstructionContext) => string | Promise<string>);
  /** What it may call. Also tool sources, such as `mcpTools`. */
  readonly tools?: Tools;
  /** Whom it may ask. Each runs as a child workflow. */
  readonly agents?: Agents;
  /** Of typed input, an object. Default: users say text. */
  readonly input?: Input;
  /** What `input` accepts, for a schema library that can't say it. */
  readonly inputJsonSchema?: JsonSchema;
  /** Of a structured result. Default: the model's text. */
  readonly output?: Output;
  /** What `output` accepts, for a schema library that can't say it. */
  readonly outputJsonSchema?: JsonSchema;
  /** How much a run may use, its sub-agents included. Default: 50 steps, 5 levels of agents. */
  readonly limits?: LimitOptions;
  /** What a run does when a limit is reached. Default: `fail`. */
  readonly onLimit?: OnLimit;
  /** Whether the model may ask the user, and how long it waits for an answer. Default: yes, 1 h. */
  readonly asksUser?: boolean | AskOptions;
  /** Of one model call. Default: 5 min. */
  readonly modelTimeout?: Time;
  /** Default: 5 attempts, 1 s apart, then 2 s and so on up to 60 s, or as the provider says. */
  readonly modelRetry?: RetryOptions;
  /** Passed to the model as they are. */
  readonly settings?: ModelSettings;
}

const KEYS = [
  'name',
  'description',
  'model',
  'instructions',
  'tools',
  'agents',
  'input',
  'inputJsonSchema',
  'output',
  'outputJsonSchema',
  'limits',
  'onLimit',
  'asksUser',
  'modelTimeout',
  'modelRetry',
  'settings',
] as const satisfies readonly (keyof AnyAgentOptions)[];

/** Options of an agent whose types are not known. */
export type AnyAgentOptions = AgentOptions<
  string,
  StandardSchemaV1 | undefined,
  StandardSchemaV1 | undefined,
  readonly (AnyTool | ToolSource)[],
  readonly AnyAgent[]
>;

/** What a caller passes to an agent with such a schema. */
export type AgentInput<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferInput<Schema> : UserContent;
/** What an agent with such a schema comes to. */
export type AgentOutput<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : string;

/**
 * Makes an agent. Its types follow from its schemas; what it needs from the worker follows from its tools and sub-agents.
 * @throws DefinitionError when something is missing, misspelt or impossible.
 * @example
 * const support = defineAgent({
 *   name: 'support',
 *   model: 'openai/gpt-5-mini',
 *   instructions: 'You help customers with their orders.',
 *   tools: [lookupOrder],
 * });
 */
export function defineAgent<
  const Name extends string,
  Input extends StandardSchemaV1 | undefined = undefined,
  Output extends StandardSchemaV1 | undefined = undefined,
  const Tools extends readonly (AnyTool | ToolSource)[] = readonly [],
  const Agents extends readonly AnyAgent[] = readonly [],
>(
  options: AgentOptions<Name, Input, Output, Tools, Agents>,
): Agent<AgentInput<Input>, AgentOutput<Output>, Needed<Tools[number] | Agents[number]>, Name> {
  return completeAgent(options) as Agent<never, never, never, Name>;
}

/** Checks options and fills in what they leave out. */
export function completeAgent(options: AnyAgentOptions): Agent<never, never, never> {
  checkKeys(options, KEYS, 'defineAgent');
  checkName(options.name, 'agent');
  const path = `agent "${options.name}"`;
  const { description = options.name, tools = [], agents = [], onLimit = 'fail', settings = {} } = options;
  checkText(description, `${path}: description`, 'Say what it is for, or leave it out.');
  checkModel(options.model, path);
  if (typeof options.instructions !== 'function')
    checkText(options.instructions, `${path}: instructions`, 'Say what the model is to be and to do.');
  checkMembers(tools, ['tool', 'tool-source'], `${path}: tools`, 'Give what defineTool or mcpTools made.');
  checkMembers(agents, ['agent'], `${path}: agents`, 'Give what defineAgent made.');
  checkUnique([...tools.filter((each) => each.kind === 'tool'), ...agents], path);
  checkOneOf(onLimit, ['fail', 'stop', 'ask'], `${path}: onLimit`);
  checkSettings(settings, `${path}: settings`);
  return Object.freeze<Agent<never, never, never>>({
    kind: 'agent',
    name: options.name,
    description: description.trim(),
    model: options.model,
    instructions: options.instructions,
    tools: Object.freeze([...tools]),
    agents: Object.freeze([...agents]),
    ...schemasOf(options, path),
    limits: completeLimits(options.limits, `${path}: limits`),
    onLimit,
    asksUser: asksUserOf(options.asksUser, `${path}: asksUser`),
    modelTimeout:
      options.modelTimeout === undefined ? undefined : parseTime(options.modelTimeout, `${path}: modelTimeout`),
    modelRetry:
      options.modelRetry === undefined
        ? undefined
        : completeRetry(options.modelRetry, DEFAULTS.modelRetry, `${path}: modelRetry`),
    settings,
  });
}

/** How an agent without a schema of its own is called by others. */
const MESSAGE_SCHEMA: JsonSchema = {
  type: 'object',
  properties: { message: { type: 'string', description: 'What it is asked or told, with all that it has to know.' } },
  required: ['message'],
  additionalProperties: false,
};

function schemasOf(
  options: AnyAgentOptions,
  path: string,
): Pick<Agent, 'input' | 'inputSchema' | 'output' | 'outputSchema'> {
  const { input, output } = options;
  const json = (schema: StandardSchemaV1, given: JsonSchema | undefined, key: 'input' | 'output'): JsonSchema => {
    if (!isStandardSchema(schema))
      throw new DefinitionError(`${path}: ${key}`, 'is no Standard Schema.', {
        fix: 'Give a schema of zod, valibot, arktype or the like.',
      });
    return given ?? toJsonSchema(schema, `${path}: ${key}`, `${key}JsonSchema beside it`);
  };
  for (const key of ['input', 'output'] as const)
    if (options[key] === undefined && options[`${key}JsonSchema`] !== undefined)
      throw new DefinitionError(`${path}: ${key}JsonSchema`, `stands alone.`, { fix: `Give ${key}, too: it checks.` });
  return {
    input,
    inputSchema: input ? objectSchema(json(input, options.inputJsonSchema, 'input'), `${path}: input`) : MESSAGE_SCHEMA,
    output,
    outputSchema: output && json(output, options.outputJsonSchema, 'output'),
  };
}

function checkModel(model: unknown, path: string): void {
  const fix = "Give 'provider/model', e.g. 'openai/gpt-5-mini', or a model object of the AI SDK.";
  if (model === undefined) throw new DefinitionError(`${path}: model`, 'is missing.', { fix });
  if (typeof model === 'string') {
    if (!/^[^/\s]+\/\S+$/.test(model))
      throw new DefinitionError(`${path}: model`, `${JSON.stringify(model)} names no provider.`, { fix });
    return;
  }
  if (typeof model !== 'object' || model === null || !('doGenerate' in model) || !('specificationVersion' in model))
    throw new DefinitionError(`${path}: model`, 'is no model.', { fix });
  if (model.specificationVersion !== 'v4')
    throw new DefinitionError(`${path}: model`, `has specification ${String(model.specificationVersion)}, not v4.`, {
      fix: "Update the provider's package to the one for AI SDK 7.",
    });
}

function checkMembers(members: unknown, kinds: readonly string[], path: string, fix: string): void {
  if (!Array.isArray(members)) throw new DefinitionError(path, 'is no list.', { fix });
  for (const [index, member] of (members as readonly unknown[]).entries()) {
    const kind = typeof member === 'object' && member !== null && 'kind' in member ? member.kind : undefined;
    if (!kinds.includes(kind as string))
      throw new DefinitionError(`${path}[${index}]`, `is no ${kinds.join(' and no ')}.`, { fix });
  }
}

function asksUserOf(asksUser: AnyAgentOptions['asksUser'] | undefined, path: string): Agent['asksUser'] {
  if (asksUser === false) return false;
  if (asksUser === undefined || asksUser === true) return { timeout: DEFAULTS.askTimeout };
  checkKeys(asksUser, ['timeout'], path);
  return { timeout: parseTime(asksUser.timeout ?? DEFAULTS.askTimeout, `${path}.timeout`) };
}
