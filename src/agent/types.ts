import type { LanguageModelV4 } from '@ai-sdk/provider';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { JsonObject, JsonSchema, Limits, OnLimit, RetrySettings } from '../workflow/protocol/index.ts';

/** Times are milliseconds, or text such as `'30 s'` or `'24h'`. */
export type Time = number | string;

/** What a tool is given beside its arguments. */
export interface ToolContext<Deps = unknown> {
  /** What the worker was given for its tools: databases, clients, secrets. */
  readonly deps: Deps;
  /** Aborts when the run is cancelled, the attempt has timed out, or the worker shuts down. Pass it on to whatever takes one. */
  readonly signal: AbortSignal;
  /** The same for every attempt and replay of this call, and for no other call: give it to systems that must not do a thing twice. */
  readonly idempotencyKey: string;
  /** From 1. */
  readonly attempt: number;
  /** The model's name for this call, unique within the run. */
  readonly toolCallId: string;
  /** Who calls. */
  readonly agent: string;
  /** Of the run that calls. */
  readonly workflowId: string;
  /** Of the run that calls; continue-as-new changes it. */
  readonly runId: string;
  /** Of the root of the run's tree: the run that the user sees. */
  readonly rootWorkflowId: string;
  /** What the run was started with. */
  readonly metadata: JsonObject;
}

/** What a tool with `completion: 'async'` is given beside its arguments. */
export interface AsyncToolContext<Deps = unknown> extends ToolContext<Deps> {
  /** Whoever has it may complete this call, once. */
  readonly completionToken: string;
}

/** What a tool's `compensate` is given beside the arguments of the call that it undoes. */
export type CompensationContext<Deps = unknown> = Pick<
  ToolContext<Deps>,
  | 'deps'
  | 'signal'
  | 'idempotencyKey'
  | 'attempt'
  | 'toolCallId'
  | 'agent'
  | 'workflowId'
  | 'runId'
  | 'rootWorkflowId'
  | 'metadata'
>;

/** What a tool's `approval` is given beside the arguments of the call that it decides on. */
export type ApprovalContext<Deps = unknown> = Pick<
  ToolContext<Deps>,
  'deps' | 'signal' | 'toolCallId' | 'agent' | 'workflowId' | 'runId' | 'metadata'
>;

/** What names the types of a tool or an agent; it is never there at run time. */
export interface TypesOf<Input, Output, Deps> {
  /** What a caller passes. */
  readonly input: Input;
  /** What it comes to. */
  readonly output: Output;
  /** What the worker has to be given. */
  readonly deps: Deps;
}

/**
 * A tool, as `defineTool` makes it. The functions take `never`, so that every tool is an `AnyTool`; who calls them has checked the arguments.
 * @typeParam Input what a caller passes. @typeParam Output what it returns. @typeParam Deps what it needs from the worker.
 */
export interface Tool<out Input = unknown, out Output = unknown, out Deps = unknown> {
  /** Tells it from tool sources. */
  readonly kind: 'tool';
  /** How models call it. */
  readonly name: string;
  /** For models. */
  readonly description: string;
  /** Checks arguments, and may transform them. */
  readonly input: StandardSchemaV1;
  /** What `input` accepts. */
  readonly inputSchema: JsonSchema;
  /** `async`: the result arrives later. */
  readonly completion: 'sync' | 'async';
  /** Of one attempt, or until the result has to be there. Milliseconds. `undefined`: what the engine says, or else the default. */
  readonly timeout: number | undefined;
  /** Milliseconds. */
  readonly heartbeatTimeout: number;
  /** How often it is tried. `undefined`: as the engine says, or else the default. */
  readonly retry: RetrySettings | undefined;
  /** Whether a person has to decide first, and what that person is told. */
  readonly approval:
    | ((args: never, context: ApprovalContext<never>) => ApprovalAnswer | Promise<ApprovalAnswer>)
    | undefined;
  /** Does it. */
  readonly run: (args: never, context: AsyncToolContext<never>) => unknown;
  /** Undoes it. */
  readonly compensate: ((args: never, context: CompensationContext<never>) => unknown) | undefined;
  /** Largest result, in bytes of JSON. */
  readonly maxResultBytes: number;
  /** Carries the types, and is never there. */
  readonly __types?: TypesOf<Input, Output, Deps>;
}

/** `true`, or what to ask, when a person has to decide. */
export type ApprovalAnswer = boolean | string;

/** Any tool. */
export type AnyTool = Tool;

/** Tools from elsewhere, asked for when the worker starts: an MCP server. */
export interface ToolSource {
  /** Tells it from tools. */
  readonly kind: 'tool-source';
  /** Unique in a worker. */
  readonly name: string;
  /** Connects and lists. */
  readonly open: () => Promise<OpenToolSource>;
}

/** A tool source that is connected. */
export interface OpenToolSource {
  /** What it offers. */
  readonly tools: readonly AnyTool[];
  /** Disconnects. */
  close(): Promise<void>;
}

/**
 * An agent, as `defineAgent` makes it.
 * @typeParam Input what a run is started with. @typeParam Output what it comes to. @typeParam Deps what its tools, and those of its sub-agents, need.
 */
export interface Agent<
  out Input = unknown,
  out Output = unknown,
  out Deps = unknown,
  out Name extends string = string,
> {
  /** Tells it from other definitions. */
  readonly kind: 'agent';
  /** How runs and other agents call it. */
  readonly name: Name;
  /** For the models of agents that may call it. */
  readonly description: string;
  /** `provider/model`, or a model object. */
  readonly model: string | LanguageModelV4;
  /** Text, or how it is made when a run starts. */
  readonly instructions: string | ((context: InstructionContext) => string | Promise<string>);
  /** What it may call. */
  readonly tools: readonly (AnyTool | ToolSource)[];
  /** Whom it may ask. */
  readonly agents: readonly AnyAgent[];
  /** Of typed input. Without one, users say text. */
  readonly input: StandardSchemaV1 | undefined;
  /** How others call it. */
  readonly inputSchema: JsonSchema;
  /** Of a structured result. Without one it is text. */
  readonly output: StandardSchemaV1 | undefined;
  /** What `output` accepts. */
  readonly outputSchema: JsonSchema | undefined;
  /** How much a run may use, its sub-agents included. */
  readonly limits: Limits;
  /** What a run does when a limit is reached. */
  readonly onLimit: OnLimit;
  /** Whether the model may ask the user, and how long it waits (milliseconds). */
  readonly asksUser: false | AskSettings;
  /** Of one model call. Milliseconds. `undefined`: what the engine says, or else the default. */
  readonly modelTimeout: number | undefined;
  /** How often a model call is tried. `undefined`: as the engine says, or else the default. */
  readonly modelRetry: RetrySettings | undefined;
  /** Passed to the model as they are. */
  readonly settings: ModelSettings;
  /** Carries the types, and is never there. */
  readonly __types?: TypesOf<Input, Output, Deps>;
}

/** How an agent asks users. */
export interface AskSettings {
  /** How long it waits for an answer. Milliseconds. */
  readonly timeout: number;
}

/** Any agent. */
export type AnyAgent = Agent;

/** What instructions may be made from. */
export interface InstructionContext {
  /** What the run was started with, as the agent's schema gives it. */
  readonly input: unknown;
  /** The caller's own. */
  readonly metadata: JsonObject;
  /** When the run started. */
  readonly now: Date;
}

/** Passed to the model as they are. */
export interface ModelSettings {
  /** Chance in what it says: 0 means as little as possible. */
  readonly temperature?: number;
  /** Share of likely tokens to choose from, 0 to 1. */
  readonly topP?: number;
  /** Number of likely tokens to choose from. */
  readonly topK?: number;
  /** Most tokens of one answer. */
  readonly maxOutputTokens?: number;
  /** Texts that end an answer. */
  readonly stopSequences?: readonly string[];
  /** Makes chance repeatable, where a provider can. */
  readonly seed?: number;
  /** What only one provider understands, by its name. */
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
}
