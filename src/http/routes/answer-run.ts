import { z } from '@hono/zod-openapi';
import type { ToolResult } from '../../client/run.ts';
import type { Json, UserContent } from '../../workflow/protocol/index.ts';
import { type RouteOptions, type Route, route } from '../route.ts';
import { defined, JSON_VALUE, RUN_PATH, WAIT_CHOICE } from './parts.ts';

const COMMON = {
  tag: 'answers',
  role: 'operator',
  scope: 'answers:write',
  params: RUN_PATH,
  answers: { 204: { description: 'The run has taken it. The same answer may be sent again: it counts once.' } },
  problems: [409],
} as const satisfies Partial<RouteOptions<typeof RUN_PATH, never, never>>;

const NOT_NULL = JSON_VALUE.refine((value) => value !== undefined, 'It is missing.');

/** Answers a question of the agent. */
export const reply: Route = route('post', '/api/runs/{id}/replies', {
  ...COMMON,
  summary: "Answer the agent's question",
  body: z
    .strictObject({ content: NOT_NULL.describe('Text, or a list of text and file parts.'), ...WAIT_CHOICE })
    .openapi('Reply'),
  handle: async ({ params, body: { content, ...choice }, api, ids }) => {
    const run = api.perdure.run(ids.toEngine(params.id));
    await run.reply(content as UserContent, { ...defined(choice), timeout: api.limits.answerTimeout });
    return done();
  },
});

/** Approves or rejects what an agent wants to do. */
export const decide: Route = route('post', '/api/runs/{id}/approvals', {
  ...COMMON,
  scope: 'approvals:write',
  summary: 'Approve or reject',
  description: "Who decides is taken from the credential, and recorded with the decision in the run's history.",
  body: z
    .strictObject({
      approved: z.boolean(),
      reason: z.string().max(10_000).optional().describe('Why, as the agent is told.'),
      ...WAIT_CHOICE,
    })
    .openapi('Decision'),
  handle: async ({ params, body: { approved, reason, ...choice }, principal, api, ids }) => {
    const run = api.perdure.run(ids.toEngine(params.id));
    const options = {
      ...defined(choice),
      ...defined({ reason }),
      by: principal.id,
      timeout: api.limits.answerTimeout,
    };
    await (approved ? run.approve(options) : run.reject(options));
    return done();
  },
});

/** Tells a workflow what it waits for. */
export const provide: Route = route('post', '/api/runs/{id}/provided', {
  ...COMMON,
  summary: 'Tell a workflow what it waits for',
  description: "Of authors' own workflows, which wait by `waitFor`.",
  body: z.strictObject({ value: NOT_NULL, waitId: WAIT_CHOICE.waitId }).openapi('Provided'),
  handle: async ({ params, body: { value, waitId }, api, ids }) => {
    const run = api.perdure.run(ids.toEngine(params.id));
    await run.provide(value as Json, { ...defined({ waitId }), timeout: api.limits.answerTimeout });
    return done();
  },
});

const RESULT = {
  result: JSON_VALUE.optional().describe('What the tool returned; null for nothing.'),
  error: z.string().optional().describe('Why it failed, as the model is told; instead of `result`.'),
};

/** Brings the result of an async tool, by the run's id. */
export const completeTool: Route = route('post', '/api/runs/{id}/tool-results', {
  ...COMMON,
  summary: 'Bring the result of an async tool',
  description: 'For whoever knows the run. Who has a completion token uses /api/tool-completions.',
  body: z
    .strictObject({ ...RESULT, ...WAIT_CHOICE })
    .refine(isOne, 'Give one of result and error.')
    .openapi('ToolResult'),
  handle: async ({ params, body: { result, error, ...choice }, api, ids }) => {
    const run = api.perdure.run(ids.toEngine(params.id));
    const given = defined({ result, error }) as ToolResult;
    await run.completeTool(given, { ...defined(choice), timeout: api.limits.answerTimeout });
    return done();
  },
});

/** Brings the result of an async tool, by its completion token: who has it may do so, and needs nothing else. */
export const completeByToken: Route = route('post', '/api/tool-completions', {
  tag: 'answers',
  role: 'public',
  scope: 'answers:write',
  answers: COMMON.answers,
  summary: 'Bring the result of an async tool, by its completion token',
  description: 'The token that the tool was given is the credential: it is good for this one call, once.',
  body: z
    .strictObject({ token: z.string().min(1).max(4096), ...RESULT })
    .refine(isOne, 'Give one of result and error.')
    .openapi('ToolCompletion'),
  problems: [403, 404, 409],
  handle: async ({ body: { token, result, error }, api }) => {
    const given = defined({ result, error }) as ToolResult;
    await api.perdure.completeTool(token, given, { timeout: api.limits.answerTimeout });
    return done();
  },
});

function isOne({ result, error }: { readonly result?: unknown; readonly error?: unknown }): boolean {
  return (result === undefined) !== (error === undefined);
}

function done(): Response {
  return new Response(null, { status: 204 });
}
