import { createHash, randomUUID } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { userContent } from '../../agent/user-content.ts';
import type { AnyAgent } from '../../agent/types.ts';
import type { StartOptions } from '../../client/start.ts';
import { RunExistsError } from '../../client/errors.ts';
import { HttpProblem, invalidRequest } from '../problems/problem.ts';
import { pointerOf } from '../request/json-text.ts';
import { type ApiContext, json, type Route, route } from '../route.ts';
import { JSON_VALUE, NAME } from './parts.ts';

const COUNT = z.int().min(0);
const TIME = z.union([z.number().min(0), z.string()]).describe("Milliseconds, or text such as '24 h'.");

const BODY = z
  .strictObject({
    agent: NAME.describe('Its name.'),
    input: JSON_VALUE.describe('What the user says; with an input schema of the agent, what that says. Not null.'),
    id: NAME.refine((id) => id !== '.' && id !== '..', 'Addresses cannot hold this.')
      .optional()
      .describe('Names the run, for ever. Default: the name of the agent and a random UUID.'),
    metadata: z.record(z.string(), JSON_VALUE).optional().describe('Kept with the run, and given to its tools.'),
    limits: z
      .strictObject({
        steps: COUNT.min(1).optional(),
        tokens: COUNT.min(1).optional(),
        toolCalls: COUNT.optional(),
        depth: COUNT.optional(),
        duration: TIME.optional(),
      })
      .optional()
      .describe('How much it may use, its sub-agents included. What is left out is as the agent says.'),
    timeout: TIME.optional().describe('Ends the run, as timed out, without cleaning up. Default: never.'),
  })
  .openapi('StartRun');

const LONGEST_KEY = 255;

/** Starts a run. */
export const startRun: Route = route('post', '/api/runs', {
  summary: 'Start a run',
  description:
    'Answers at once; the run goes on by itself. With an `Idempotency-Key` the same request may be sent again, to any process of the same engine and as long as the run is kept: it starts nothing twice, and gives the same answer. An `id` of your own makes a start safe to repeat, too: the second one is refused with 409.',
  tag: 'runs',
  role: 'operator',
  scope: 'runs:write',
  headers: { 'Idempotency-Key': `1 to ${LONGEST_KEY} characters, random ones. Not together with \`id\`.` },
  body: BODY,
  answers: {
    202: {
      description: 'It has begun.',
      schema: z.object({ id: z.string() }),
      headers: { Location: 'Where the run is.' },
    },
  },
  problems: [404, 409],
  handle: async ({ body, request, api, ids }) => {
    const key = keyOf(request);
    if (key !== undefined && body.id !== undefined) throw idAndKey();
    await checkInput(body.agent, body.input, api);
    const id = body.id ?? (key === undefined ? `${body.agent}-${randomUUID()}` : idOfKey(key));
    const { agent, id: _id, ...options } = body;
    const start = { ...options, id: ids.toEngine(id), ifExists: key === undefined ? 'fail' : 'same' } as StartOptions;
    try {
      await api.perdure.start(agent, start);
    } catch (error) {
      throw key !== undefined && RunExistsError.is(error) ? otherRequest(error) : error;
    }
    return json(202, { id }, { location: `${new URL(request.url).pathname}/${encodeURIComponent(id)}` });
  },
});

function keyOf(request: Request): string | undefined {
  const key = request.headers.get('idempotency-key') ?? undefined;
  if (key === undefined || (key.length > 0 && key.length <= LONGEST_KEY)) return key;
  throw invalidRequest([{ pointer: 'header.idempotency-key', detail: `Give 1 to ${LONGEST_KEY} characters.` }]);
}

/** The run is found by the key alone, whichever process is asked: nothing else has to be kept. */
function idOfKey(key: string): string {
  return `key-${createHash('sha256').update(key).digest('hex').slice(0, 32)}`;
}

async function checkInput(name: string, input: unknown, { agents }: ApiContext): Promise<void> {
  if (input === undefined || input === null) throw invalidRequest([{ pointer: '/input', detail: 'It is missing.' }]);
  const agent = agents.get(name);
  if (agent !== undefined) return await checkInputOf(agent, input);
  if (agents.size === 0) return;
  throw new HttpProblem('AGENT_NOT_FOUND', `There is no agent '${name}'.`, {
    status: 404,
    title: 'There is no such agent',
    fix: `Use one of ${[...agents.keys()].join(', ')}.`,
  });
}

async function checkInputOf({ input: schema }: AnyAgent, input: unknown): Promise<void> {
  if (schema === undefined) {
    if (userContent(input) !== undefined) return;
    throw invalidRequest([
      { pointer: '/input', detail: 'Give text that is not empty, or a list of text and file parts.' },
    ]);
  }
  const { issues } = await schema['~standard'].validate(input);
  if (issues === undefined) return;
  const keyOfPart = (part: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
    typeof part === 'object' ? part.key : part;
  throw invalidRequest(
    issues.map(({ path = [], message }) => ({ pointer: `/input${pointerOf(path.map(keyOfPart))}`, detail: message })),
  );
}

function idAndKey(): HttpProblem {
  const detail = 'An id of your own names the run already: the start may be repeated, and is refused the second time.';
  return invalidRequest([{ pointer: 'header.idempotency-key', detail }], 'Leave out `id` or `Idempotency-Key`.');
}

function otherRequest(cause: unknown): HttpProblem {
  return new HttpProblem('IDEMPOTENCY_KEY_REUSED', 'This Idempotency-Key was used for another request.', {
    status: 422,
    title: 'The key was used for something else',
    fix: 'Use a new key for a new request, and the same key only for the very same one.',
    cause,
  });
}
