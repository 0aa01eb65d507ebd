import { ApplicationFailure } from '@temporalio/common';
import { Context } from '@temporalio/activity';
import type {
  AgentActivities,
  AgentRecord,
  CallModelInput,
  ChildEnd,
  Decision,
  ExecuteToolInput,
  Json,
  JsonObject,
  ModelTurn,
  ToolCallPart,
  ToolOutcome,
  ToolRecord,
  Usage,
} from '../../../src/workflow/protocol/index.ts';

/** What a scripted model wants. */
export type FakeCall =
  | { readonly tool: string; readonly input?: Json; readonly approval?: string }
  | { readonly agent: string; readonly input?: Json }
  | { readonly ask: string }
  | { readonly refuse: string; readonly tool: string };

/** One answer of a scripted model. */
export interface FakeTurn {
  readonly text?: string;
  readonly calls?: readonly FakeCall[];
  readonly complete?: Json;
  readonly refuseMessage?: string;
  readonly usage?: Partial<Usage>;
}

/** By step, from the first. A function is called with what the model was sent. */
export type Script = readonly (FakeTurn | ((input: CallModelInput) => FakeTurn | Promise<FakeTurn>))[];

export type FakeTool = (input: ExecuteToolInput) => Json | ToolOutcome | Promise<Json | ToolOutcome>;

export interface FakeWorld {
  readonly scripts: Readonly<Record<string, Script>>;
  readonly tools?: Readonly<Record<string, FakeTool>>;
  readonly toolRecords?: Readonly<Record<string, Partial<ToolRecord>>>;
  readonly definitions?: Readonly<Record<string, Partial<AgentRecord>>>;
  readonly compensate?: (input: ExecuteToolInput) => void | Promise<void>;
  readonly needsApproval?: (input: ExecuteToolInput) => { message: string } | null;
  readonly checkChild?: (workflowId: string) => Promise<ChildEnd | null>;
}

/** What the fakes were asked. */
export interface Asked {
  readonly model: CallModelInput[];
  readonly tools: ExecuteToolInput[];
  readonly undone: ExecuteToolInput[];
  readonly checked: string[];
  readonly resolved: string[];
}

export interface Fakes {
  readonly activities: AgentActivities;
  readonly asked: Asked;
}

export const retry = { maximumAttempts: 3, initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 30_000 };

export function toolRecord(name: string, changes: Partial<ToolRecord> = {}): ToolRecord {
  return {
    name,
    description: name,
    inputSchema: { type: 'object' },
    hash: `hash-of-${name}`,
    completion: 'sync',
    timeout: changes.completion === 'async' ? 24 * 3_600_000 : 60_000,
    heartbeatTimeout: 10_000,
    retry,
    compensates: false,
    ...changes,
  };
}

function agentRecord(name: string, world: FakeWorld): AgentRecord {
  const tools = Object.keys(world.tools ?? {}).map((tool) => toolRecord(tool, world.toolRecords?.[tool]));
  const agents = Object.keys(world.scripts).map((agent) => ({ name: agent, description: agent, inputSchema: {} }));
  return {
    name,
    description: name,
    hash: `hash-of-${name}`,
    model: 'fake/model',
    instructions: 'Be scripted.',
    tools,
    agents,
    limits: { steps: 50, depth: 5 },
    onLimit: 'fail',
    asksUser: { timeout: 3_600_000 },
    modelTimeout: 300_000,
    modelRetry: { maximumAttempts: 5, initialInterval: 1000, backoffCoefficient: 2, maximumInterval: 60_000 },
    ...world.definitions?.[name],
  };
}

/** The activities behind the loop, scripted, and what they were asked. */
export function createFakes(world: FakeWorld): Fakes {
  const asked: Asked = { model: [], tools: [], undone: [], checked: [], resolved: [] };
  const activities: AgentActivities = {
    'agent.resolve': async ({ agent, input }) => {
      asked.resolved.push(agent);
      if (!(agent in world.scripts)) throw ApplicationFailure.nonRetryable(`No agent ${agent}.`, 'AgentUnknown');
      const opening = typeof input === 'string' || Array.isArray(input) ? input : JSON.stringify(input);
      return { definition: agentRecord(agent, world), opening: opening as string };
    },
    'agent.resolveTool': async (tool) => {
      if (!(tool in (world.tools ?? {}))) throw ApplicationFailure.nonRetryable(`No tool ${tool}.`, 'ToolUnknown');
      return toolRecord(tool, world.toolRecords?.[tool]);
    },
    'agent.callModel': async (input) => {
      asked.model.push(input);
      const scripted = world.scripts[input.agent]?.[input.step - 1];
      if (!scripted) throw ApplicationFailure.nonRetryable(`No turn ${input.step} of ${input.agent}.`, 'ModelFailed');
      return modelTurn(input.step, typeof scripted === 'function' ? await scripted(input) : scripted);
    },
    'agent.executeTool': async (input) => {
      asked.tools.push(input);
      const tool = world.tools?.[input.tool];
      if (!tool) throw ApplicationFailure.nonRetryable(`No tool ${input.tool}.`, 'ToolUnknown');
      return toOutcome(await tool(input));
    },
    'agent.needsApproval': async (input) => world.needsApproval?.(input) ?? null,
    'agent.compensateTool': async (input) => {
      asked.undone.push(input);
      await world.compensate?.(input);
    },
    'agent.checkChild': async (workflowId) => {
      asked.checked.push(workflowId);
      return (await world.checkChild?.(workflowId)) ?? null;
    },
  };
  return { activities, asked };
}

function toOutcome(value: Json | ToolOutcome): ToolOutcome {
  if (typeof value === 'object' && value !== null && 'type' in value) return value as ToolOutcome;
  const output = typeof value === 'string' ? { type: 'text', value } : { type: 'json', value: value as Json };
  return { type: 'completed', output: output as Extract<ToolOutcome, { type: 'completed' }>['output'] };
}

export const pending: ToolOutcome = { type: 'pending' };

function modelTurn(step: number, turn: FakeTurn): ModelTurn {
  const calls = turn.calls ?? [];
  const parts: ToolCallPart[] = [];
  const decisions: Decision[] = calls.map((call, index) => {
    const toolCallId = `s${step}.${index + 1}`;
    const part = (toolName: string, input: Json): void =>
      void parts.push({ type: 'tool-call', toolCallId, toolName, input });
    if ('ask' in call) {
      part('request_user_input', { message: call.ask });
      return { type: 'request_user_input', toolCallId, message: call.ask };
    }
    if ('agent' in call) {
      part(call.agent, call.input ?? {});
      return { type: 'call_agent', toolCallId, agent: call.agent };
    }
    if ('refuse' in call) {
      part(call.tool, {});
      return { type: 'refuse_call', toolCallId, toolName: call.tool, error: call.refuse };
    }
    part(call.tool, call.input ?? {});
    return {
      type: 'execute_tool',
      toolCallId,
      tool: call.tool,
      ...(call.approval === undefined ? {} : { approval: { message: call.approval } }),
    };
  });
  if (turn.refuseMessage !== undefined) decisions.push({ type: 'refuse_message', error: turn.refuseMessage });
  else if (calls.length === 0) decisions.push({ type: 'complete', output: turn.complete ?? turn.text ?? '' });
  const text = turn.text ?? (typeof turn.complete === 'string' ? turn.complete : undefined);
  return {
    message: {
      role: 'assistant',
      content: [...(text === undefined ? [] : [{ type: 'text' as const, text }]), ...parts],
    },
    decisions,
    usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0, ...turn.usage },
    finishReason: calls.length > 0 ? 'tool-calls' : 'stop',
    model: 'fake',
  };
}

/** Works until it is cancelled, and says so by heartbeats; `release` ends it. */
export async function heartbeatUntil(release: Promise<void>): Promise<void> {
  const context = Context.current();
  const beating = setInterval(() => context.heartbeat(), 20);
  try {
    await Promise.race([release, context.cancelled]);
  } finally {
    clearInterval(beating);
  }
}

/** A tool's input, as an object. */
export function inputOf(input: ExecuteToolInput): JsonObject {
  return input.input as JsonObject;
}
