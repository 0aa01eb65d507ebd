import { z } from '@hono/zod-openapi';
import type { RunStatus } from '../../client/status.ts';
import { json, type Route, route } from '../route.ts';
import { count, defined, NAME } from './parts.ts';
import { RUN, runView, STATUS } from './run-view.ts';

const STATUSES: z.ZodType<RunStatus[]> = z
  .string()
  .transform((text) => text.split(','))
  .pipe(z.array(STATUS))
  .openapi({ type: 'string', description: 'One, or several with commas between.', example: 'running,paused' });

const QUERY = z.strictObject({
  status: STATUSES.optional(),
  agent: NAME.optional().describe('Its name.'),
  idPrefix: NAME.optional().describe('What ids begin with.'),
  startedAfter: z.iso.datetime({ offset: true }).optional().describe('Those that began then or later.'),
  startedBefore: z.iso.datetime({ offset: true }).optional().describe('Those that began before.'),
  limit: count(1000, 50),
  cursor: z.string().max(500).optional().describe('Of the page before, to go on after it.'),
});

/** Runs, page by page. */
export const listRuns: Route = route('get', '/api/runs', {
  summary: 'Runs',
  description:
    'Those that were started as such, newest first; runs of sub-agents are in their trees. Lists may lag behind a little.',
  tag: 'runs',
  role: 'viewer',
  scope: 'runs:read',
  query: QUERY,
  answers: {
    200: {
      description: 'A page. With a `cursor` there are more, even if it has no runs.',
      schema: z.object({ runs: z.array(RUN), cursor: z.string().optional() }),
    },
  },
  handle: async ({ query: { idPrefix = '', ...query }, api, ids }) => {
    const prefix = ids.toEngine(idPrefix);
    const page = await api.perdure.listRuns({ ...defined(query), ...(prefix === '' ? {} : { idPrefix: prefix }) });
    return json(200, { ...page, runs: page.runs.map((info) => runView(info, ids)) });
  },
});
