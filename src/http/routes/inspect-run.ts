import { z } from '@hono/zod-openapi';
import type { RunTree } from '../../client/inspect/types.ts';
import type { TenantIds } from '../auth/tenant.ts';
import { json, type RouteOptions, type Route, route } from '../route.ts';
import { count, defined, JSON_VALUE, RUN_PATH } from './parts.ts';
import { RUN, runView } from './run-view.ts';

const COMMON = {
  tag: 'runs',
  role: 'viewer',
  scope: 'runs:read',
  params: RUN_PATH,
} as const satisfies Partial<RouteOptions<typeof RUN_PATH, never, never>>;

const FLAG = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')
  .openapi({ type: 'boolean', default: false });

const STEP = z
  .object({
    id: z.string(),
    kind: z.enum(['model', 'tool', 'agent', 'wait', 'activity', 'workflow', 'timer']),
    name: z.string(),
    agent: z.string().optional(),
    status: z.enum(['scheduled', 'running', 'completed', 'failed', 'cancelled', 'timed_out']),
    attempts: z.int(),
    scheduledAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    endedAt: z.iso.datetime().optional(),
    durationMs: z.number().optional(),
    input: JSON_VALUE.optional(),
    output: JSON_VALUE.optional(),
    error: z.object({ type: z.string(), message: z.string() }).optional(),
    usage: JSON_VALUE.optional(),
    model: z.string().optional(),
    toolCallId: z.string().optional(),
    waitId: z.string().optional(),
    workflowId: z.string().optional().describe("Of the child's run."),
  })
  .openapi('Step');

/** What a run did. */
export const runSteps: Route = route('get', '/api/runs/{id}/steps', {
  ...COMMON,
  summary: 'What a run did and waited for',
  description: 'In the order of beginning. Sub-agents have steps of their own, under their own ids.',
  answers: { 200: { description: 'All steps so far.', schema: z.object({ steps: z.array(STEP) }) } },
  handle: async ({ params, api, ids }) => {
    const steps = await api.perdure.run(ids.toEngine(params.id)).steps();
    return json(200, { steps: ids.inValue(steps) });
  },
});

/** How much a run did. */
export const runMetrics: Route = route('get', '/api/runs/{id}/metrics', {
  ...COMMON,
  summary: 'How much a run did, how long it took, and what it cost',
  query: z.strictObject({
    includeSubAgents: FLAG.describe('Counts the runs below it as well: their histories are read.'),
  }),
  answers: {
    200: {
      description: 'The figures. `cost` is there where the server was given prices.',
      schema: z
        .object({
          status: z.string(),
          totalDuration: z.number().describe('Milliseconds.'),
          activeDuration: z.number().describe('Milliseconds of that in which it was at work.'),
          stepCount: z.int(),
          llmCallCount: z.int(),
          toolCallCount: z.int(),
          agentCallCount: z.int(),
          tokens: JSON_VALUE,
          subAgents: JSON_VALUE,
          cost: z.object({ amount: z.number(), currency: z.literal('USD'), unpriced: z.array(z.string()) }).optional(),
        })
        .openapi('RunMetrics'),
    },
  },
  handle: async ({ params, query: { includeSubAgents }, api, ids }) => {
    const options = { includeSubAgents, ...defined({ prices: api.prices }) };
    return json(200, await api.perdure.run(ids.toEngine(params.id)).metrics(options));
  },
});

const TREE: z.ZodType = z
  .object({
    run: RUN,
    children: z.array(JSON_VALUE).describe('The same, of the runs that it has started.'),
    truncated: z.literal(true).optional().describe('There are more than the limit.'),
  })
  .openapi('RunTree');

/** A run with all that is below it. */
export const runTree: Route = route('get', '/api/runs/{id}/tree', {
  ...COMMON,
  summary: 'A run, and the runs of its sub-agents',
  description: 'Of all depths, closed ones included. Their histories are read, so a large tree takes its time.',
  query: z.strictObject({ limit: count(1000, 200).describe('How many runs at most.') }),
  answers: { 200: { description: 'The tree.', schema: TREE } },
  handle: async ({ params, query: { limit }, api, ids }) => {
    const tree = await api.perdure.run(ids.toEngine(params.id)).tree({ limit });
    return json(200, treeView(tree, ids));
  },
});

function treeView({ run, children, truncated }: RunTree, ids: TenantIds): object {
  const below = children.map((child) => treeView(child, ids));
  return { run: runView(run, ids), children: below, ...defined({ truncated }) };
}

/** What was said. */
export const runMessages: Route = route('get', '/api/runs/{id}/messages', {
  ...COMMON,
  summary: 'The conversation of a run so far',
  answers: { 200: { description: 'All messages.', schema: z.object({ messages: z.array(JSON_VALUE) }) } },
  problems: [410],
  handle: async ({ params, api, ids }) => {
    const messages = await api.perdure.run(ids.toEngine(params.id)).messages();
    return json(200, { messages });
  },
});
