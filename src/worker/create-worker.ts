import { resolve } from 'node:path';
import type { WorkerOptions } from '@temporalio/worker';
import { createCallModel } from '../agent/activities/call-model.ts';
import { createAgentActivities } from '../agent/activities/index.ts';
import { activityDefaultsOf } from '../agent/activity-defaults.ts';
import { AgentRegistry } from '../agent/registry.ts';
import { parseTime } from '../agent/time.ts';
import { openSharedTokens } from '../agent/tokens/shared-tokens.ts';
import type { AnyAgent, AnyTool, ToolSource } from '../agent/types.ts';
import { ConfigurationError, type Engine } from '../engine/index.ts';
import { engineFromEnv, isEngine, openEngine } from '../engines/index.ts';
import { DEFAULT_TASK_QUEUE } from '../workflow/protocol/index.ts';
import { AgentWorker } from './agent-worker.ts';
import { workflowCode, type WorkflowCodeOptions } from './bundle/index.ts';
import { checkModels, checkSecret, checkServed } from './checks.ts';
import type { AgentWorkerOptions, AnyWorkerOptions, OfficialOptions } from './options.ts';
import { releaseAll } from './release.ts';
import { installLogger, observed } from './telemetry.ts';

const DEFAULT_DEADLINE = '30 s';
/** How much of the deadline tools and models are given to end after they were aborted, at most. Milliseconds. */
const LONGEST_ABORT_MS = 5000;
/** How often an activity tells the engine that it lives, at most: it hears of a cancellation in the answer. The official default is 80 % of the timeout. */
const HEARTBEAT_INTERVAL = '1 s';

/**
 * Makes a worker that is ready to run. Everything that can be wrong is checked here: names, models, secrets, whether the engine can be reached.
 * Call `run` on it, or `close`.
 * @throws ConfigurationError, DefinitionError, EngineUnavailableError; what tool sources throw that cannot be reached.
 */
export async function createWorker<
  const Agents extends readonly AnyAgent[] = readonly [],
  const Tools extends readonly (AnyTool | ToolSource)[] = readonly [],
>(options: AgentWorkerOptions<Agents, Tools>): Promise<AgentWorker> {
  return await openWorker(options);
}

/** As `createWorker`, for options whose types are not known. */
export async function openWorker(options: AnyWorkerOptions): Promise<AgentWorker> {
  checkServed(options);
  // Before anything makes use of the official runtime.
  installLogger(options);
  const { engine: source = engineFromEnv(), agents = [], tools = [], signal } = options;
  const registry = await AgentRegistry.open({ agents, tools });
  const undo: (() => Promise<void>)[] = [() => registry.close()];
  const release = (): Promise<void> => releaseAll(undo);
  try {
    await checkModels(registry, options.models);
    const engine = await openEngine(source);
    if (!isEngine(source)) undo.push(() => engine.close());
    const taskQueue = options.taskQueue ?? engine.taskQueue ?? DEFAULT_TASK_QUEUE;
    const secret = checkSecret(registry, engine, options.secret);
    const tokens = options.tokens ?? (await openSharedTokens(engine));
    if (options.tokens === undefined) undo.push(() => tokens.close());
    const { deps, models, telemetry } = options;
    const activityDefaults = activityDefaultsOf(engine.activityDefaults);
    const common = {
      registry,
      deps,
      tokens,
      activityDefaults,
      ...(models && { models }),
      ...(telemetry && { telemetry }),
    };
    const worker = await engine.createWorker({
      maxHeartbeatThrottleInterval: HEARTBEAT_INTERVAL,
      ...withoutBundling(options.workerOptions),
      ...observed(options),
      taskQueue,
      workflowBundle: await workflowCode(codeOptions(options, engine)),
      activities: withOwn(options, createAgentActivities({ ...common, secret }, createCallModel(common))),
      ...shutdownTimes(options),
    });
    const names = registry.agents.map(({ name }) => name);
    return new AgentWorker({
      worker,
      engine,
      taskQueue,
      agents: names,
      signal,
      release,
      logger: options.logger ?? options.telemetry?.logger,
    });
  } catch (error) {
    // Why there is no worker counts for more.
    await release().catch((left: unknown) => options.logger?.warn('Not everything could be closed', { error: left }));
    throw error;
  }
}

/** Activities of the author's own beside those of agents. */
function withOwn({ activities = {} }: AnyWorkerOptions, ours: object): object {
  const taken = Object.keys(activities).find((name) => Object.hasOwn(ours, name));
  if (taken === undefined) return { ...activities, ...ours };
  throw new ConfigurationError('activities', `'${taken}' is the name of one of the agents' own activities.`, {
    fix: "Choose another one: names that begin with 'agent.' are taken.",
  });
}

function codeOptions({ workflowsPath, workerOptions = {} }: AnyWorkerOptions, { client }: Engine): WorkflowCodeOptions {
  const { interceptors, bundlerOptions, plugins } = workerOptions;
  // As the engine does it: a worker speaks as its client does, unless it is told otherwise.
  const dataConverter = workerOptions.dataConverter ?? client.options.dataConverter ?? {};
  return {
    workflowsPath: workflowsPath === undefined ? undefined : resolve(workflowsPath),
    workflowInterceptorModules: interceptors?.workflowModules,
    payloadConverterPath: dataConverter.payloadConverterPath,
    failureConverterPath: dataConverter.failureConverterPath,
    bundlerOptions,
    plugins,
  };
}

/** The bundler has had its options; the official worker would say that it ignores them. */
function withoutBundling(options: Partial<OfficialOptions> = {}): Partial<OfficialOptions> {
  const { bundlerOptions: _, ...rest } = options;
  return rest;
}

function shutdownTimes({
  shutdownDeadline = DEFAULT_DEADLINE,
}: AnyWorkerOptions): Pick<WorkerOptions, 'shutdownForceTime' | 'shutdownGraceTime'> {
  const deadline = parseTime(shutdownDeadline, 'shutdownDeadline');
  return { shutdownForceTime: deadline, shutdownGraceTime: deadline - Math.min(LONGEST_ABORT_MS, deadline / 3) };
}
