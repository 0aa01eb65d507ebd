import { z } from '@hono/zod-openapi';
import type { PendingWait } from '../../client/perdure.ts';
import { invalidRequest } from '../problems/problem.ts';
import { json, type Route, route } from '../route.ts';
import { count, PAGE_CURSOR } from './parts.ts';
import { WAIT } from './run-view.ts';

/** How many open runs are looked through at most. */
const MOST_RUNS = 10_000;

const QUERY = z.strictObject({
  kind: z.enum(['input', 'approval', 'tool', 'event']).optional().describe('Only waits of this kind. Default: all.'),
  agent: z.string().max(200).optional().describe('Only waits of this agent. Default: all.'),
  run: z.string().max(1000).optional().describe('Only waits of this run and its sub-agents. Default: all.'),
  limit: count(1000, 100).describe('How many at most.'),
  cursor: PAGE_CURSOR,
});

const ANSWER = z
  .object({ method: z.literal('POST'), path: z.string(), waitId: z.string().describe('Goes into the body.') })
  .describe('How it is answered.');

/** What is waited for in all runs. */
export const inbox: Route = route('get', '/api/inbox', {
  summary: 'What is waited for, in all runs',
  description: `The oldest first. Of the ${MOST_RUNS} newest open runs; lists may lag behind a little.`,
  tag: 'answers',
  role: 'viewer',
  scope: 'runs:read',
  query: QUERY,
  answers: {
    200: {
      description: 'A page of it.',
      schema: z.object({
        waits: z.array(z.object({ runId: z.string(), wait: WAIT, answer: ANSWER }).openapi('InboxItem')),
        cursor: z.string().optional().describe('Gets the next page. Left out on the last one.'),
      }),
    },
  },
  handle: async ({ query, api, ids }) => {
    const { kind, agent, run, limit, cursor } = query;
    const after = cursor === undefined ? undefined : readCursor(cursor);
    const pending = await api.perdure.pending({ limit: MOST_RUNS, idPrefix: ids.prefix });
    const found = pending
      .filter(({ runId }) => run === undefined || runId === ids.toEngine(run))
      .filter(({ wait }) => (kind ?? wait.kind) === wait.kind && (agent ?? wait.agent) === wait.agent)
      .map((item) => ({ item, key: keyOf(item) }))
      .filter(({ key }) => after === undefined || compare(key, after) > 0)
      .toSorted((a, b) => compare(a.key, b.key));
    const page = found.slice(0, limit);
    const last = found.length > limit ? page.at(-1) : undefined;
    return json(200, {
      waits: page.map(({ item: { runId, wait } }) => {
        const id = ids.fromEngine(runId);
        return { runId: id, wait: ids.inValue(wait), answer: answerTo(id, wait) };
      }),
      ...(last === undefined ? {} : { cursor: writeCursor(last.key) }),
    });
  },
});

const ANSWERS = { input: 'replies', approval: 'approvals', tool: 'tool-results', event: 'provided' } as const;

function answerTo(runId: string, { kind, id }: PendingWait['wait']): z.output<typeof ANSWER> {
  return { method: 'POST', path: `/api/runs/${encodeURIComponent(runId)}/${ANSWERS[kind]}`, waitId: id };
}

type Key = readonly [openedAt: string, runId: string, waitId: string];

function keyOf({ runId, wait }: PendingWait): Key {
  return [wait.openedAt, runId, wait.id];
}

function compare(left: Key, right: Key): number {
  for (const [index, part] of left.entries()) {
    const other = right[index] ?? '';
    if (part !== other) return part < other ? -1 : 1;
  }
  return 0;
}

function writeCursor(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

const CURSOR = z.tuple([z.string(), z.string(), z.string()]);

/** @throws HttpProblem */
function readCursor(cursor: string): Key {
  try {
    return CURSOR.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw invalidRequest(
      [{ pointer: 'query.cursor', detail: 'It is none of this list.' }],
      'Pass `cursor` of the page before.',
    );
  }
}
