import { z } from '@hono/zod-openapi';
import { ConfigurationError } from '../../engine/index.ts';
import type { Run } from '../../client/run.ts';
import { HttpProblem, invalidRequest } from '../problems/problem.ts';
import { type Route, route } from '../route.ts';
import { type Encoding, jsonLinesEncoding, sseEncoding, uiEncoding } from '../stream/encodings.ts';
import { openStream } from '../stream/open-stream.ts';
import { RUN_PATH } from './parts.ts';
import { SSE_MESSAGE } from './stream-answers.ts';

const ENCODINGS = ['sse', 'jsonl', 'ui'] as const;

const QUERY = z.strictObject({
  from: z
    .string()
    .optional()
    .describe('The id of the last event that is known: what happened after it follows. `Last-Event-ID` goes first.'),
  tokens: z
    .enum(['true', 'false'])
    .optional()
    .describe(
      'Also shows what models say while they say it. They have no id and may be missing. Default: false, with `ui` true.',
    ),
  encoding: z
    .enum(ENCODINGS)
    .optional()
    .describe(
      'How it is written. Default: what `Accept` asks for, or `sse`. `ui`: the UI message stream of the AI SDK.',
    ),
});

/** What happens in a run, while it happens. */
export const runEvents: Route = route('get', '/api/runs/{id}/events', {
  summary: 'What happens in a run, as a stream',
  description:
    'From the beginning or after a known event, until the run has ended; also of runs that have ended long ago. ' +
    'A client that comes again with `Last-Event-ID` misses nothing and gets nothing twice; after the last event it gets 204, which stops an EventSource.',
  tag: 'runs',
  role: 'viewer',
  scope: 'runs:read',
  params: RUN_PATH,
  query: QUERY,
  headers: { 'last-event-id': 'The id of the last event that is known.' },
  answers: {
    200: {
      description: 'Server-sent events, each with the event as JSON in `data`; or JSON lines.',
      schema: SSE_MESSAGE,
      type: 'text/event-stream',
      others: { 'application/jsonl': z.unknown() },
    },
    204: { description: 'The run has ended, and the last event is known.' },
  },
  problems: [400, 404],
  handle: async (call) => {
    const { params, query, request, api, ids } = call;
    const run = api.perdure.run(ids.toEngine(params.id));
    const name = query.encoding ?? accepted(request.headers.get('accept'));
    const from = request.headers.get('last-event-id') ?? query.from;
    const tokens = query.tokens === undefined ? name === 'ui' : query.tokens === 'true';
    if (name === 'ui' && from !== undefined)
      throw invalidRequest([{ pointer: 'query.from', detail: 'A UI message is always sent from its beginning.' }]);
    if (await isAtEnd(run, from)) return new Response(null, { status: 204 });
    const position = from === undefined ? {} : { from };
    return openStream(call, {
      encoding: encodingOf(name, params.id),
      open: (signal) => run.events({ tokens: tokens as true, signal, ...position }),
    });
  },
});

function encodingOf(name: (typeof ENCODINGS)[number], runId: string): Encoding {
  if (name === 'ui') return uiEncoding({ runId, messageId: runId });
  return name === 'jsonl' ? jsonLinesEncoding() : sseEncoding();
}

function accepted(accept: string | null): (typeof ENCODINGS)[number] {
  return /\bapplication\/(jsonl|x-ndjson|ndjson)\b/i.test(accept ?? '') ? 'jsonl' : 'sse';
}

/**
 * Whether nothing can follow an event any more. Finds out what is wrong with it, and with the run, while an answer can still say so.
 * @throws HttpProblem, RunNotFoundError, EngineUnavailableError
 */
async function isAtEnd(run: Run, from: string | undefined): Promise<boolean> {
  try {
    const events = run.events({ ...(from === undefined ? {} : { from }), follow: false });
    const { done } = await events.next();
    await events.return();
    if (done !== true) return false;
    const { status } = await run.describe();
    return status !== 'running' && status !== 'paused';
  } catch (error) {
    if (!ConfigurationError.is(error)) throw error;
    throw new HttpProblem('UNKNOWN_EVENT', error.message, {
      status: 400,
      title: 'There is no such event',
      fix: 'Pass the `id` of an event of this run, or leave it out to read from the beginning.',
      cause: error,
    });
  }
}
