import { z } from '@hono/zod-openapi';
import type { AnyAgent, AnyTool } from '../../agent/types.ts';
import { HttpProblem } from '../problems/problem.ts';
import { json, type Route, route } from '../route.ts';
import { JSON_VALUE } from './parts.ts';

const SCHEMA = z.looseObject({}).describe('A JSON Schema.');

const SUMMARY = { name: z.string(), description: z.string() };

const TOOL = z
  .object({
    ...SUMMARY,
    inputSchema: SCHEMA,
    completion: z.enum(['sync', 'async']).describe('`async`: the result arrives later, by a completion token.'),
    needsApproval: z.boolean().describe('Whether a person may have to decide first.'),
  })
  .openapi('Tool');

const AGENT = z
  .object({
    ...SUMMARY,
    model: z.string().describe('`provider/model`.'),
    takes: z
      .enum(['text', 'json'])
      .describe('`json`: input is what `inputSchema` says. `text`: input is text, or text with files.'),
    inputSchema: SCHEMA.describe('Of the input; of an agent that takes text, how other agents call it.'),
    outputSchema: SCHEMA.optional().describe('Of the result. Without one it is text.'),
    tools: z.array(TOOL),
    toolSources: z.array(z.string()).describe('Where more tools come from when a worker starts.'),
    agents: z.array(z.object(SUMMARY)).describe('Whom it may ask.'),
    limits: z.looseObject({}).describe('How much a run may use, its sub-agents included.'),
    onLimit: JSON_VALUE.describe('What a run does when a limit is reached.'),
    asksUser: z.boolean().describe('Whether it may ask the user.'),
  })
  .openapi('Agent');

/** The agents that this API knows. */
export const listAgents: Route = route('get', '/api/agents', {
  summary: 'The agents that may be started',
  description: 'Empty when the API was made without agents: then every name may be started.',
  tag: 'agents',
  role: 'viewer',
  scope: 'agents:read',
  answers: { 200: { description: 'The agents.', schema: z.object({ agents: z.array(z.object(SUMMARY)) }) } },
  handle: ({ api }) => {
    const agents = [...api.agents.values()].map(({ name, description }) => ({ name, description }));
    return json(200, { agents });
  },
});

/** An agent. */
export const getAgent: Route = route('get', '/api/agents/{agent}', {
  summary: 'An agent, with its schemas and tools',
  tag: 'agents',
  role: 'viewer',
  scope: 'agents:read',
  params: z.strictObject({ agent: z.string().min(1).max(200) }),
  answers: { 200: { description: 'The agent.', schema: AGENT } },
  problems: [404],
  handle: ({ api, params }) => {
    const agent = api.agents.get(params.agent);
    if (agent === undefined) throw noSuchAgent(params.agent);
    return json(200, agentView(agent));
  },
});

/** The API does not know an agent. */
export function noSuchAgent(name: string): HttpProblem {
  return new HttpProblem('AGENT_NOT_FOUND', `There is no agent '${name}' here.`, {
    status: 404,
    title: 'There is no such agent',
    fix: 'GET /api/agents lists those that there are.',
  });
}

/** What everybody may know of an agent: not how it is instructed. */
function agentView(agent: AnyAgent): object {
  const { name, description, model, input, inputSchema, outputSchema, tools, agents, limits, onLimit, asksUser } =
    agent;
  return {
    name,
    description,
    model: typeof model === 'string' ? model : `${model.provider}/${model.modelId}`,
    takes: input === undefined ? 'text' : 'json',
    inputSchema,
    outputSchema,
    tools: tools.flatMap((tool) => (tool.kind === 'tool' ? [toolView(tool)] : [])),
    toolSources: tools.flatMap((tool) => (tool.kind === 'tool-source' ? [tool.name] : [])),
    agents: agents.map((each) => ({ name: each.name, description: each.description })),
    limits,
    onLimit,
    asksUser: asksUser !== false,
  };
}

function toolView({ name, description, inputSchema, completion, approval }: AnyTool): object {
  return { name, description, inputSchema, completion, needsApproval: approval !== undefined };
}
