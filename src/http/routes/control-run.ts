import { z } from '@hono/zod-openapi';
import type { Json, UserContent } from '../../workflow/protocol/index.ts';
import { invalidRequest } from '../problems/problem.ts';
import { json, type RouteOptions, type Route, route } from '../route.ts';
import { defined, JSON_VALUE, NAMED_PATH, RUN_PATH } from './parts.ts';

const COMMON = {
  tag: 'control',
  role: 'operator',
  scope: 'runs:write',
  params: RUN_PATH,
  problems: [409],
} as const satisfies Partial<RouteOptions<typeof RUN_PATH, never, never>>;

const TAKEN = { 202: { description: 'It is on its way.' } };
const DONE = { 204: { description: 'It is so now.' } };
const REASON = z.string().max(10_000).optional().describe('For whoever reads the history.');
const REASON_BODY = z.strictObject({ reason: REASON }).optional().openapi('Reason');

/** Sends a signal. */
export const signalRun: Route = route('post', '/api/runs/{id}/signals/{name}', {
  ...COMMON,
  params: NAMED_PATH,
  summary: 'Send a signal',
  description: 'Nobody says whether the run heeds it. Names that begin with `perdure.` or `__` are not for others.',
  body: z.strictObject({ payload: JSON_VALUE.optional() }).optional().openapi('Signal'),
  answers: TAKEN,
  handle: async ({ params: { id, name }, body, api, ids }) => {
    checkName(name);
    await api.perdure.run(ids.toEngine(id)).signal(name, body?.payload as Json | undefined);
    return taken();
  },
});

/** What every workflow answers and whoever may look at a run may know. The enhanced stack trace has the workflow's source code in it, and is not among them. */
const OPEN_QUERIES: ReadonlySet<string> = new Set(['__stack_trace', '__temporal_workflow_metadata']);

/** Asks a workflow something. */
export const queryRun: Route = route('post', '/api/runs/{id}/queries/{name}', {
  ...COMMON,
  role: 'viewer',
  scope: 'runs:read',
  params: NAMED_PATH,
  summary: 'Ask the workflow of a run something',
  description:
    'Changes nothing. Takes a worker, also for a run that has ended. Of the names that begin with `perdure.` or `__`, `__stack_trace` (where the ' +
    'workflow waits) and `__temporal_workflow_metadata` (its handlers and current details) are answered.',
  body: z
    .strictObject({ args: z.array(JSON_VALUE).optional() })
    .optional()
    .openapi('Query'),
  answers: { 200: { description: 'What it says.', schema: z.object({ result: JSON_VALUE }) } },
  handle: async ({ params: { id, name }, body, api, ids }) => {
    if (!OPEN_QUERIES.has(name)) checkName(name);
    const result = await api.perdure.run(ids.toEngine(id)).query(name, ...((body?.args ?? []) as Json[]));
    return json(200, { result });
  },
});

/** Tells an agent something before its next step. */
export const steerRun: Route = route('post', '/api/runs/{id}/steer', {
  ...COMMON,
  summary: 'Tell an agent something before its next step',
  body: z
    .strictObject({
      content: JSON_VALUE.refine((value) => value !== undefined, 'It is missing.').describe(
        'Text, or a list of text and file parts.',
      ),
    })
    .openapi('Steer'),
  answers: TAKEN,
  handle: async ({ params, body: { content }, api, ids }) => {
    await api.perdure.run(ids.toEngine(params.id)).steer(content as UserContent);
    return taken();
  },
});

/** Pauses a run. */
export const pauseRun: Route = route('post', '/api/runs/{id}/pause', {
  ...COMMON,
  summary: 'Pause a run and its sub-agents',
  description: 'What is under way may end, nothing is begun. Time goes on.',
  body: REASON_BODY,
  answers: DONE,
  problems: [409, 501],
  handle: async ({ params, body, api, ids }) => {
    await api.perdure.run(ids.toEngine(params.id)).pause(defined({ reason: body?.reason }));
    return done();
  },
});

/** Lets a paused run go on. */
export const resumeRun: Route = route('post', '/api/runs/{id}/resume', {
  ...COMMON,
  summary: 'Let a paused run and its sub-agents go on',
  body: z.strictObject({}).optional(),
  answers: DONE,
  problems: [409, 501],
  handle: async ({ params, api, ids }) => {
    await api.perdure.run(ids.toEngine(params.id)).resume();
    return done();
  },
});

/** Asks a run to end in order. */
export const cancelRun: Route = route('post', '/api/runs/{id}/cancel', {
  ...COMMON,
  summary: 'Ask a run to end in order',
  description: 'What it did is undone where tools say how. A run that has ended stays as it is.',
  body: z
    .strictObject({
      reason: REASON,
      deadline: z
        .union([z.number().min(0), z.string()])
        .optional()
        .describe("How long cleaning up may take: milliseconds, or text such as '1 min'."),
    })
    .optional()
    .openapi('Cancel'),
  answers: TAKEN,
  handle: async ({ params, body, api, ids }) => {
    const { reason, deadline } = body ?? {};
    await api.perdure.run(ids.toEngine(params.id)).cancel(defined({ reason, deadline }));
    return taken();
  },
});

/** Ends a run at once. */
export const terminateRun: Route = route('post', '/api/runs/{id}/terminate', {
  ...COMMON,
  role: 'admin',
  summary: 'End a run and its sub-agents at once',
  description: 'Nothing is cleaned up. A run that has ended stays as it is.',
  body: REASON_BODY,
  answers: DONE,
  handle: async ({ params, body, principal, api, ids }) => {
    await api.perdure.run(ids.toEngine(params.id)).abort(body?.reason ?? `by ${principal.id}`);
    return done();
  },
});

/** What agents and their engine say to each other is not for others: whoever could send it could make up a sub-agent's answer. */
function checkName(name: string): void {
  if (!name.startsWith('perdure.') && !name.startsWith('__')) return;
  throw invalidRequest(
    [{ pointer: 'path.name', detail: `'${name}' is not for others.` }],
    'Use a name of your workflow.',
  );
}

function taken(): Response {
  return new Response(null, { status: 202 });
}

function done(): Response {
  return new Response(null, { status: 204 });
}
