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
  /** With `completion: 'async'`: whoever has it may complete this call, once. @throws Error with `completion: 'sync'`. */
  readonly completionToken: string;
  /** From 1. */
  readonly attempt: number;
  /** The model's name for this call, unique within the run. */
  readonly toolCallId: string;
  /** Who calls. */
  readonly agent: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Of the root of the run's tree: the run that the user sees. */
  readonly rootWorkflowId: string;
  /** What the run was started with. */
  readonly metadata: JsonObject;
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
  readonly input: Input;
  readonly output: Output;
  readonly deps: Deps;
}

/**
 * A tool, as `defineTool` makes it. The functions take `never`, so that every tool is an `AnyTool`; who calls them has checked the arguments.
 * @typeParam Input what a caller passes. @typeParam Output what it returns. @typeParam Deps what it needs from the worker.
 */
export interface Tool<out Input = unknown, out Output = unknown, out Deps = unknown> {
  readonly kind: 'tool';
  readonly name: string;
  readonly description: string;
  /** Checks arguments, and may transform them. */
  readonly input: StandardSchemaV1;
  readonly inputSchema: JsonSchema;
  readonly completion: 'sync' | 'async';
  /** Milliseconds. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly heartbeatTimeout: number;
  readonly retry: RetrySettings;
  /** Whether a person has to decide first, and what that person is told. */
  readonly approval:
    | ((args: never, context: ApprovalContext<never>) => ApprovalAnswer | Promise<ApprovalAnswer>)
    | undefined;
  readonly run: (args: never, context: ToolContext<never>) => unknown;
  readonly compensate: ((args: never, context: CompensationContext<never>) => unknown) | undefined;
  /** Largest result, in bytes of JSON. */
  readonly maxResultBytes: number;
  readonly __types?: TypesOf<Input, Output, Deps>;
}

/** `true`, or what to ask, when a person has to decide. */
export type ApprovalAnswer = boolean | string;

/** Any tool. */
export type AnyTool = Tool;

/** Tools from elsewhere, asked for when the worker starts: an MCP server. */
export interface ToolSource {
  readonly kind: 'tool-source';
  readonly name: string;
  /** Connects and lists. */
  readonly open: () => Promise<OpenToolSource>;
}

/** A tool source that is connected. */
export interface OpenToolSource {
  readonly tools: readonly AnyTool[];
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
  readonly kind: 'agent';
  readonly name: Name;
  readonly description: string;
  /** `provider/model`, or a model object. */
  readonly model: string | LanguageModelV4;
  /** Text, or how it is made when a run starts. */
  readonly instructions: string | ((context: InstructionContext) => string | Promise<string>);
  readonly tools: readonly (AnyTool | ToolSource)[];
  readonly agents: readonly AnyAgent[];
  /** Of typed input. Without one, users say text. */
  readonly input: StandardSchemaV1 | undefined;
  readonly inputSchema: JsonSchema;
  /** Of a structured result. Without one it is text. */
  readonly output: StandardSchemaV1 | undefined;
  readonly outputSchema: JsonSchema | undefined;
  readonly limits: Limits;
  readonly onLimit: OnLimit;
  readonly asksUser: false | { readonly timeout: number };
  /** Milliseconds. */
  readonly modelTimeout: number;
  readonly modelRetry: RetrySettings;
  readonly settings: ModelSettings;
  readonly __types?: TypesOf<Input, Output, Deps>;
}

/** Any agent. */
export type AnyAgent = Agent;

/** What instructions may be made from. */
export interface InstructionContext {
  readonly input: unknown;
  readonly metadata: JsonObject;
  /** When the run started. */
  readonly now: Date;
}

/** Passed to the model as they are. */
export interface ModelSettings {
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly maxOutputTokens?: number;
  readonly stopSequences?: readonly string[];
  readonly seed?: number;
  readonly providerOptions?: Readonly<Record<string, JsonObject>>;
}
