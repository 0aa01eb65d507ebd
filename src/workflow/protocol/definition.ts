import type { JsonSchema } from './json.ts';

/** How often a call is tried. Times are in milliseconds. */
export interface RetrySettings {
  /** Including the first. */
  readonly maximumAttempts: number;
  /** Between the first attempt and the second. */
  readonly initialInterval: number;
  /** What each interval is multiplied by. */
  readonly backoffCoefficient: number;
  /** Longest interval. */
  readonly maximumInterval: number;
}

/** What an engine says about activities of which nobody says anything else. */
export interface ActivityDefaults {
  /** Of one attempt. Milliseconds. */
  readonly timeout?: number;
  readonly retry?: RetrySettings;
}

/** What is recorded of a tool when a run starts, and kept for the run. */
export interface ToolRecord {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  /** Of name and schemas: a tool with another hash is another tool. */
  readonly hash: string;
  /** `async`: the result arrives later, by `asyncToolCompleted`. */
  readonly completion: 'sync' | 'async';
  /** Of one attempt (`sync`), or until the result has to be there (`async`). Milliseconds. */
  readonly timeout: number;
  /** After how long without a heartbeat an attempt counts as lost. Milliseconds. */
  readonly heartbeatTimeout: number;
  readonly retry: RetrySettings;
  /** Largest result of an async tool, in bytes of JSON; what a worker executes is checked there. Missing in records of earlier versions. */
  readonly maxResultBytes?: number;
  /** Whether it has something to run in reverse. */
  readonly compensates: boolean;
}

/** A sub-agent, as its caller's model sees it. */
export interface AgentReference {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** How much a run may use, its sub-agents included. */
export interface Limits {
  /** Calls of models. */
  readonly steps: number;
  /** Tokens in and out. */
  readonly tokens?: number;
  /** Calls of tools and agents. */
  readonly toolCalls?: number;
  /** Agents below this one: 0 means that it may call none. */
  readonly depth: number;
  /** From the start to the end of the run. Milliseconds. */
  readonly duration?: number;
}

/** What a run does when a limit is reached: fails, ends with what it has, or asks whether it may use as much again. */
export type OnLimit = 'fail' | 'stop' | 'ask';

/** An agent's definition as it was when a run started. It is recorded in history once, and kept for the run. */
export interface AgentRecord {
  readonly name: string;
  readonly description: string;
  /** Of everything in here. */
  readonly hash: string;
  /** `provider/model`, or the id of a model object that the worker has. */
  readonly model: string;
  readonly instructions: string;
  readonly tools: readonly ToolRecord[];
  readonly agents: readonly AgentReference[];
  /** What the result has to look like. Without one it is text. */
  readonly outputSchema?: JsonSchema;
  readonly limits: Limits;
  readonly onLimit: OnLimit;
  /** Whether the model may ask the user, and how long it waits for an answer (milliseconds). */
  readonly asksUser: false | { readonly timeout: number };
  /** Of one model call. Milliseconds. */
  readonly modelTimeout: number;
  readonly modelRetry: RetrySettings;
  /** What the engine said when the run started; times and retries above have it in them where the definition says nothing. */
  readonly activityDefaults?: ActivityDefaults;
}
