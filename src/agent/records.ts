import type { ActivityDefaults, AgentRecord, ToolRecord } from '../workflow/protocol/index.ts';
import { DEFAULTS } from './defaults.ts';
import { hashOf } from './hash.ts';
import type { AnyAgent, AnyTool, InstructionContext } from './types.ts';

/** What is recorded of a tool. @param defaults where it says nothing. How long an async result may take is no time of an activity. */
export function toolRecord(tool: AnyTool, defaults: ActivityDefaults = {}): ToolRecord {
  const { name, description, inputSchema, completion, heartbeatTimeout, maxResultBytes } = tool;
  const timeout = tool.timeout ?? (completion === 'sync' ? defaults.timeout : undefined);
  return {
    name,
    description,
    inputSchema,
    hash: toolHash(tool),
    completion,
    timeout: timeout ?? DEFAULTS.toolTimeout[completion],
    heartbeatTimeout,
    retry: tool.retry ?? defaults.retry ?? DEFAULTS.toolRetry,
    ...(completion === 'async' ? { maxResultBytes } : {}),
    compensates: tool.compensate !== undefined,
  };
}

/** Every call asks for it twice, and tools don't change. */
const toolHashes = new WeakMap<AnyTool, string>();

/** Of name, schema and completion: what a recorded call relies on. A better description leaves it as it is. */
export function toolHash(tool: AnyTool): string {
  const { name, inputSchema, completion } = tool;
  const hash = toolHashes.get(tool) ?? hashOf({ name, inputSchema, completion });
  toolHashes.set(tool, hash);
  return hash;
}

/** The id by which a record names the model of an agent: for a model object, its provider's and its own. */
export function modelId({ model }: AnyAgent): string {
  return typeof model === 'string' ? model : `${model.provider}/${model.modelId}`;
}

/**
 * What is recorded of an agent when a run starts.
 * @param tools its tools, those of its tool sources included.
 * @param defaults where definitions say nothing.
 */
export async function agentRecord(
  agent: AnyAgent,
  tools: readonly AnyTool[],
  context: InstructionContext,
  defaults?: ActivityDefaults,
): Promise<AgentRecord> {
  const { instructions, outputSchema } = agent;
  const record = {
    name: agent.name,
    description: agent.description,
    model: modelId(agent),
    instructions: typeof instructions === 'string' ? instructions : await instructions(context),
    tools: tools.map((tool) => toolRecord(tool, defaults)),
    agents: agent.agents.map(({ name, description, inputSchema }) => ({ name, description, inputSchema })),
    ...(outputSchema && { outputSchema }),
    limits: agent.limits,
    onLimit: agent.onLimit,
    asksUser: agent.asksUser,
    modelTimeout: agent.modelTimeout ?? defaults?.timeout ?? DEFAULTS.modelTimeout,
    modelRetry: agent.modelRetry ?? defaults?.retry ?? DEFAULTS.modelRetry,
    ...(defaults && { activityDefaults: defaults }),
  };
  return { ...record, hash: hashOf(record) };
}
