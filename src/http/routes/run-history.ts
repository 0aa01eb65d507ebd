import { z } from '@hono/zod-openapi';
import type { HistoryPage } from '../../client/inspect/types.ts';
import type { TenantIds } from '../auth/tenant.ts';
import { invalidRequest } from '../problems/problem.ts';
import { json, type Route, route } from '../route.ts';
import { count, JSON_VALUE, RUN_PATH } from './parts.ts';

type Event = HistoryPage['events'][number];

/** Up to where a history has been given: a run of the chain, and the last of its events. */
interface Position {
  readonly runId: string;
  readonly eventId: number;
}

/** The history of a run, page by page. */
export const runHistory: Route = route('get', '/api/runs/{id}/history', {
  summary: 'The history of a run',
  description:
    "Events as Temporal's tools write them (protobuf JSON), in order; of all runs of its chain, one after the other. Payloads are as they are stored.",
  tag: 'runs',
  role: 'viewer',
  scope: 'runs:read',
  params: RUN_PATH,
  query: z.strictObject({
    limit: count(5000, 1000),
    cursor: z.string().max(500).optional().describe('Of the page before, to go on after it.'),
  }),
  answers: {
    200: {
      description: 'A page. With a `cursor` there are more. `runId` names the run of the chain that an event is of.',
      schema: z.object({
        pages: z.array(z.object({ runId: z.string(), events: z.array(JSON_VALUE) })),
        cursor: z.string().optional(),
      }),
    },
  },
  handle: async ({ params, query: { limit, cursor }, request, api, ids }) => {
    const after = cursor === undefined ? undefined : parseCursor(cursor);
    const history = api.perdure.run(ids.toEngine(params.id)).history({ signal: request.signal });
    const { pages, next } = await take(history, { after, limit });
    return json(200, { pages: pages.map((page) => outside(page, ids)), ...(next && { cursor: formatCursor(next) }) });
  },
});

interface Taken {
  readonly pages: readonly HistoryPage[];
  readonly next?: Position;
}

async function take(
  history: AsyncIterable<HistoryPage>,
  { after, limit }: { readonly after: Position | undefined; readonly limit: number },
): Promise<Taken> {
  const pages: { runId: string; events: Event[] }[] = [];
  let isBefore = after !== undefined;
  let left = limit;
  for await (const { runId, events } of history) {
    for (const event of events) {
      const eventId = Number(event['eventId']);
      if (isBefore) {
        isBefore = !(runId === after?.runId && eventId >= after.eventId);
        continue;
      }
      const last = pages.at(-1);
      if (left-- === 0) return { pages, next: positionOf(last) };
      if (last?.runId === runId) last.events.push(event);
      else pages.push({ runId, events: [event] });
    }
  }
  if (isBefore) throw badCursor();
  return { pages };
}

function positionOf(page: { readonly runId: string; readonly events: readonly Event[] } | undefined): Position {
  return { runId: page?.runId ?? '', eventId: Number(page?.events.at(-1)?.['eventId']) };
}

function outside(page: HistoryPage, ids: TenantIds): HistoryPage {
  return ids.prefix === '' ? page : { runId: page.runId, events: page.events.map((event) => stripped(event, ids)) };
}

/** What people said is in payloads, as bytes; any other text may hold an id. */
function stripped<Value>(value: Value, ids: TenantIds): Value {
  if (typeof value === 'string') return ids.inText(value) as Value;
  if (Array.isArray(value)) return value.map((item) => stripped(item as unknown, ids)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, stripped(part, ids)])) as Value;
}

function formatCursor({ runId, eventId }: Position): string {
  return `${runId}.${eventId}`;
}

function parseCursor(cursor: string): Position {
  const [, runId, eventId] = /^([\w-]+)\.(\d+)$/.exec(cursor) ?? [];
  if (runId === undefined) throw badCursor();
  return { runId, eventId: Number(eventId) };
}

function badCursor(): Error {
  return invalidRequest([{ pointer: 'query.cursor', detail: 'It is no cursor of the history of this run.' }]);
}
