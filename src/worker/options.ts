import type { Logger } from '@temporalio/common';
import type { WorkerOptions } from '@temporalio/worker';
import type { AgentActivityOptions } from '../agent/activities/options.ts';
import type { DepsOf, DepsOption } from '../agent/inference.ts';
import type { Telemetry } from '../agent/telemetry.ts';
import type { TokenChannel } from '../agent/token-channel.ts';
import type { AnyAgent, AnyTool, Time, ToolSource } from '../agent/types.ts';
import type { Engine } from '../engine/index.ts';
import type { EngineConfig } from '../engines/index.ts';

/** Options of the official worker that are not decided here. */
export type OfficialOptions = Omit<
  WorkerOptions,
  | 'activities'
  | 'connection'
  | 'namespace'
  | 'shutdownForceTime'
  | 'shutdownGraceTime'
  | 'taskQueue'
  | 'workflowBundle'
  | 'workflowsPath'
>;

/** What a worker serves and where, without what its tools need. */
export interface WorkerSettings {
  /** An engine that is open, or the configuration of one. Default: what the environment says (`engineFromEnv`). */
  readonly engine?: Engine | EngineConfig;
  /** Where it looks for work. Default: the engine's own, then `perdure`, as for clients. */
  readonly taskQueue?: string;
  /** A file with workflows of your own, beside the agent loop: an absolute path, or one from the working directory. */
  readonly workflowsPath?: string;
  /** Activities of your own, for those workflows. */
  readonly activities?: object;
  /** Makes the model of an id such as `openai/gpt-5-mini`. Default: from the installed package `@ai-sdk/<provider>`. */
  readonly models?: AgentActivityOptions['models'];
  /**
   * Signs the completion tokens of async tools: whoever has it may complete any of their calls. Default: `PERDURE_SECRET`, then the engine's own; a
   * Temporal cluster has none.
   */
  readonly secret?: string;
  /**
   * Carries what models say while they say it. Default: to all processes that share an embedded engine's file or a Redis; elsewhere to clients in this
   * process only.
   */
  readonly tokens?: TokenChannel;
  /**
   * How long what is under way may take when the worker is asked to stop. Tools and models are aborted shortly before, and tried again by another
   * worker. Default: 30 s.
   */
  readonly shutdownDeadline?: Time;
  /** Stops the worker, as SIGTERM does. */
  readonly signal?: AbortSignal;
  /** Logs, traces and metrics: from `createTelemetry` of `perdure/observability`. Default: what the official runtime logs, and nothing else. */
  readonly telemetry?: Telemetry;
  /** Default: that of `telemetry`, else that of the official runtime, which writes to standard error. */
  readonly logger?: Logger;
  /** Further options of the official worker: slots, caches, interceptors, data converter. */
  readonly workerOptions?: Partial<OfficialOptions>;
}

/** What a worker serves. */
export interface Served<Agents extends readonly AnyAgent[], Tools extends readonly (AnyTool | ToolSource)[]> {
  /** Their sub-agents are served with them. */
  readonly agents?: Agents;
  /** Tools for workflows of your own, that no agent has. */
  readonly tools?: Tools;
}

/** Tool sources say what they have only when they are connected; what their tools need is their own business. */
export type OnlyTools<Tools extends readonly (AnyTool | ToolSource)[]> = readonly Extract<Tools[number], AnyTool>[];

/**
 * Everything about a worker. `deps` is required as soon as a tool of one of the agents needs something, and has that type.
 * @typeParam Agents what it serves. @typeParam Tools what it serves beside.
 */
export type AgentWorkerOptions<
  Agents extends readonly AnyAgent[] = readonly AnyAgent[],
  Tools extends readonly (AnyTool | ToolSource)[] = readonly (AnyTool | ToolSource)[],
> = WorkerSettings & Served<Agents, Tools> & DepsOption<DepsOf<Agents, OnlyTools<Tools>>>;

/** The same when nothing is known of what tools need. */
export type AnyWorkerOptions = WorkerSettings &
  Served<readonly AnyAgent[], readonly (AnyTool | ToolSource)[]> & {
    /** What tools need. */
    readonly deps?: unknown;
  };
