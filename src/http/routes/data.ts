import { z } from '@hono/zod-openapi';
import { translated } from '../../client/context.ts';
import { DataNotFoundError } from '../../data/errors.ts';
import type { DataPage, DataSummary, WorkflowData } from '../../data/types.ts';
import type { JsonSchema } from '../../workflow/protocol/index.ts';
import { HttpProblem } from '../problems/problem.ts';
import { type Call, json, type Route, route } from '../route.ts';
import { count, defined, JSON_VALUE, PAGE_CURSOR, RUN_PATH } from './parts.ts';

const KEY = z.string().min(1).max(512).describe('The key, percent-encoded: `/` is `%2F`.');
const KEY_PATH = RUN_PATH.extend({ key: KEY });

const SUMMARY = z
  .object({
    key: z.string(),
    bytes: z.int().describe('Size of the value as JSON.'),
    agent: z.string().describe('Who wrote it.'),
    workflowId: z.string().describe('The run that wrote it: this one, or that of a sub-agent.'),
    step: z.string().optional().describe('The call that wrote it.'),
    description: z.string().optional(),
    writtenAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
  })
  .openapi('DataSummary');

const ENTRY = SUMMARY.extend({ value: JSON_VALUE, schema: JSON_VALUE.optional() }).openapi('DataEntry');

const CURSOR = z.string().optional().describe('Gets the next page. Left out on the last one.');
const PAGING = {
  limit: count(1000, 100).describe('How many at most.'),
  cursor: PAGE_CURSOR,
};
/** Of one run. */
type RunCall = Call<{ readonly id: string }>;

const ABOUT = { tag: 'data', params: RUN_PATH, problems: [404, 501] } as const;

/** What data a run has. */
export const listData: Route = route('get', '/api/runs/{id}/data', {
  ...ABOUT,
  summary: 'The data of a run, without the values',
  description:
    'What its agents have written, those of sub-agents included, in the order of keys. The data of a sub-agent is that of the run at its root.',
  role: 'viewer',
  scope: 'data:read',
  query: z.strictObject({
    agent: z.string().max(200).optional().describe('Only what this agent wrote.'),
    prefix: z.string().max(512).optional().describe('Only keys that begin so.'),
    ...PAGING,
  }),
  answers: {
    200: { description: 'A page of it.', schema: z.object({ entries: z.array(SUMMARY), cursor: CURSOR }) },
  },
  handle: async (call) => {
    const { agent, prefix, ...paging } = call.query;
    const filters = {
      ...(agent === undefined ? {} : { filterByAgent: agent }),
      ...(prefix === undefined ? {} : { prefix }),
    };
    const data = dataOf(call);
    const page = await pageOf(call, (run) => data.list(run, { ...filters, ...defined(paging) }));
    return json(200, call.ids.inValue(page));
  },
});

/** Data of a run by a pattern, with the values. */
export const queryData: Route = route('post', '/api/runs/{id}/data-query', {
  ...ABOUT,
  summary: 'The data of a run whose keys match, with the values',
  role: 'viewer',
  scope: 'data:read',
  body: z.strictObject({
    pattern: z
      .string()
      .min(1)
      .max(512)
      .describe('`*` stands for any characters, `?` for one, all others for themselves.'),
    limit: z.int().min(1).max(1000).default(100).describe('How many at most.'),
    cursor: PAGING.cursor,
  }),
  answers: {
    200: { description: 'A page of it.', schema: z.object({ entries: z.array(ENTRY), cursor: CURSOR }) },
  },
  handle: async (call) => {
    const { pattern, ...paging } = call.body;
    const data = dataOf(call);
    const page = await pageOf(call, (run) => data.query(run, { pattern, ...defined(paging) }));
    return json(200, call.ids.inValue(page));
  },
});

/** A value. */
export const readData: Route = route('get', '/api/runs/{id}/data/{key}', {
  ...ABOUT,
  summary: 'A value of a run',
  role: 'viewer',
  scope: 'data:read',
  params: KEY_PATH,
  answers: { 200: { description: 'The value, and what is known of it.', schema: ENTRY } },
  handle: async (call) => {
    const data = dataOf(call);
    try {
      return json(200, call.ids.inValue(await data.read(runOf(call), call.params.key)));
    } catch (error) {
      if (!DataNotFoundError.is(error)) throw error;
      const root = await rootOf(call);
      if (root === runOf(call)) throw error;
      return json(200, call.ids.inValue(await data.read(root, call.params.key)));
    }
  },
});

/** Writes a value, once. */
export const writeData: Route = route('put', '/api/runs/{id}/data/{key}', {
  ...ABOUT,
  summary: 'Writes a value of a run, once and for all',
  description: 'With an `Idempotency-Key` the same write may be repeated; without one a second write is refused.',
  role: 'operator',
  scope: 'data:write',
  params: KEY_PATH,
  headers: { 'idempotency-key': 'The same text for each attempt of one write.' },
  body: z.strictObject({
    value: JSON_VALUE,
    metadata: z
      .strictObject({
        description: z.string().optional().describe('What the value is.'),
        schema: z.looseObject({}).optional().describe('A JSON Schema that the value has to match.'),
        ttl: z.int().min(1).optional().describe('After how many seconds the value is gone.'),
      })
      .optional(),
  }),
  answers: { 201: { description: 'It is written.', schema: ENTRY } },
  problems: [404, 409, 501],
  handle: async (call) => {
    const { body, ids, params, principal, request } = call;
    const data = dataOf(call);
    // Nobody would ever see what is written for a run that there is not, or for a sub-agent's alone.
    const root = await rootOf(call);
    const key = request.headers.get('idempotency-key');
    const { description, schema, ttl } = body.metadata ?? {};
    const metadata = defined({ description, schema: schema as JsonSchema | undefined, ttl });
    const written = await data.write(
      root,
      { key: params.key, value: body.value as never, metadata },
      { agent: principal.id, workflowId: runOf(call), ...(key === null ? {} : { idempotencyKey: key }) },
    );
    return json(201, ids.inValue(written));
  },
});

function runOf({ ids, params }: RunCall): string {
  return ids.toEngine(params.id);
}

/** A page of the data of a run. Only where there is none the engine is asked: what is left of a run that is no more can still be read. */
async function pageOf<Page extends DataPage<DataSummary>>(
  call: RunCall,
  read: (run: string) => Promise<Page>,
): Promise<Page> {
  const page = await read(runOf(call));
  if (page.entries.length > 0) return page;
  const root = await rootOf(call);
  return root === runOf(call) ? page : await read(root);
}

/** The run whose data a run has: a sub-agent's, whose id begins with that of the run at its root, has that one's. @throws RunNotFoundError */
async function rootOf(call: RunCall): Promise<string> {
  const run = runOf(call);
  const handle = call.api.perdure.client.workflow.getHandle(run);
  const { rootExecution } = await translated(run, () => handle.describe());
  const root = rootExecution?.workflowId ?? run;
  return run.startsWith(`${root}/`) ? root : run;
}

/** @throws HttpProblem when the API was made without data. */
function dataOf({ api }: Call): WorkflowData {
  if (api.data !== undefined) return api.data;
  throw new HttpProblem('NO_DATA', 'This API was made without workflow data.', {
    status: 501,
    title: 'There is no workflow data here',
    fix: 'Open some by openWorkflowData() and pass it as `data`; `perdure serve` and `perdure dev` do so.',
  });
}
