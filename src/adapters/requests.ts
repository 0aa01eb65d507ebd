import type { Perdure } from '../client/perdure.ts';
import type { Run } from '../client/run.ts';
import type { StartOptions } from '../client/start.ts';
import { ConfigurationError } from '../engine/index.ts';
import { anything, type Check, section, text } from '../engine/shape.ts';
import type { JsonObject, UserContent } from '../workflow/protocol/index.ts';

/** Names a run: the workflow id. */
export type RunIdentifier = string;

/** What an agent is run with. */
export interface RunAgentInput extends Pick<StartOptions, 'ifExists' | 'limits' | 'priority' | 'timeout'> {
  /** The agent, by its name. */
  readonly agentName: string;
  /** What the user says; with an input schema of the agent, what that says. */
  readonly input: UserContent | JsonObject;
  /** What the caller knows and the agent should, too: its instructions and tools find it as `metadata.context`. */
  readonly context?: JsonObject;
  /** The author's own, kept with the run and given to tools and instructions. */
  readonly metadata?: JsonObject;
  /** Names the run, for ever. Default: the agent's name and a random UUID. */
  readonly runId?: RunIdentifier;
}

const checkFields = section(
  {
    agentName: text,
    input: anything,
    context: anything,
    metadata: anything,
    runId: anything,
    ifExists: (path, value) => {
      if (value === 'fail' || value === 'use') return;
      throw new ConfigurationError(path, `is ${String(value)}.`, { fix: "Give 'fail' or 'use'." });
    },
    limits: anything,
    priority: anything,
    timeout: anything,
  } satisfies Record<keyof RunAgentInput, Check>,
  'request',
  {
    agentId: { problem: 'is not what it is called here.', fix: 'Use `agentName`.' },
    prompt: { problem: 'is not what it is called here.', fix: 'Use `input`.' },
    id: { problem: 'is not what it is called here.', fix: 'Use `runId`.' },
  },
);

/** Looks whether a request can be meant. @throws ConfigurationError */
export function checkRequest(path: string, request: RunAgentInput): void {
  checkFields(path, request);
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  text(at('agentName'), request.agentName);
  const { context, metadata } = request;
  for (const [name, value] of Object.entries({ context, metadata })) {
    if (value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value))) continue;
    throw new ConfigurationError(at(name), 'is no object.', { fix: 'Give an object that JSON can carry.' });
  }
  if (context === undefined || metadata?.['context'] === undefined) return;
  throw new ConfigurationError(at('context'), 'is set together with `metadata.context`.', {
    fix: 'Choose one of the two.',
  });
}

/** Starts what a request asks for. @throws as `Perdure.start`. */
export async function startRequest(perdure: Perdure, request: RunAgentInput): Promise<Run> {
  const { agentName, context, metadata, runId, ...options } = request;
  const all = { ...metadata, ...(context === undefined ? {} : { context }) };
  return await perdure.start(agentName, {
    ...options,
    ...(Object.keys(all).length === 0 ? {} : { metadata: all }),
    ...(runId === undefined ? {} : { id: runId }),
  });
}
