import { z } from '@hono/zod-openapi';
import { RunNotFoundError } from '../../client/errors.ts';
import type { Run } from '../../client/run.ts';
import type { RunInfo } from '../../client/status.ts';
import { authorize } from '../auth/authenticate.ts';
import { HttpProblem, invalidRequest } from '../problems/problem.ts';
import { type Call, type Route, route } from '../route.ts';
import { type ChatTurn, currentTurn } from '../stream/chat-turn.ts';
import { uiEncoding, type UiMessageOptions } from '../stream/encodings.ts';
import { openStream } from '../stream/open-stream.ts';
import { noSuchAgent } from './agents.ts';
import { CHAT_BODY, type ChatMessage, contentOf, decisionsOf } from './chat-body.ts';
import { UI_STREAM } from './stream-answers.ts';

const AGENT = z.string().min(1).max(200);
const SHARED = { tag: 'chat', role: 'operator', scope: 'runs:write' } as const;

type ChatCall = Call<{ readonly agent: string }>;

/** Says something in a chat, and streams what the agent says to it. */
export const chat: Route = route('post', '/api/agents/{agent}/chat', {
  ...SHARED,
  summary: 'Says something to an agent, and streams its answer',
  description:
    'For `useChat` of the AI SDK. The id of the chat is that of its run: the first message starts it, later ones answer the question of the agent, and an assistant message whose approvals were responded to decides on those. ' +
    'With a credential that has scopes, answers also take `answers:write`, and decisions `approvals:write`. The stream ends when the run has ended, or nothing more happens before a person says something. What is said when the stream is cut is not lost: GET …/stream.',
  params: z.strictObject({ agent: AGENT }),
  body: CHAT_BODY,
  answers: { 200: { description: 'The answer, as a UI message stream of the AI SDK.', ...UI_STREAM } },
  problems: [404, 409],
  handle: async (call) => {
    const { api, body, ids, params } = call;
    checkAgent(call);
    const message = body.messages.at(-1) as ChatMessage;
    if (body.trigger === 'regenerate-message') throw conflict('What an agent has done cannot be taken back.');
    const run = api.perdure.run(ids.toEngine(body.id));
    const info = await infoOf(run, params.agent);
    if (info === undefined) {
      const input = contentOf(message);
      if (message.role !== 'user' || input === undefined) throw nothingSaid();
      await api.perdure.start(params.agent, { input, id: run.id });
      return answer(call, run, { runId: body.id, messageId: messageId(body.id, 1) });
    }
    if (info.endedAt !== undefined) throw conflict('The run of this chat has ended. Begin another chat.');
    const turn = await currentTurn(run);
    return message.role === 'user'
      ? await reply(call, run, body.id, message, info, turn)
      : await decide(call, run, body.id, message, turn);
  },
});

/** Goes on streaming the answer that is under way. */
export const chatStream: Route = route('get', '/api/agents/{agent}/chat/{id}/stream', {
  ...SHARED,
  summary: 'Streams the answer that is under way',
  description: 'From the beginning of the message, for `resume` of `useChat`.',
  params: z.strictObject({ agent: AGENT, id: z.string().min(1).max(900) }),
  answers: {
    200: { description: 'The message, as a UI message stream of the AI SDK.', ...UI_STREAM },
    204: { description: 'No answer is under way.' },
  },
  problems: [404, 409],
  handle: async (call) => {
    const { api, ids, params } = call;
    checkAgent(call);
    const run = api.perdure.run(ids.toEngine(params.id));
    const info = await infoOf(run, params.agent);
    const turn = info === undefined ? undefined : await currentTurn(run);
    if (turn === undefined || turn.isOver) return new Response(null, { status: 204 });
    const { before, number } = turn;
    return answer(call, run, { runId: params.id, messageId: messageId(params.id, number), before });
  },
});

async function reply(
  call: ChatCall,
  run: Run,
  runId: string,
  message: ChatMessage,
  { waits }: RunInfo,
  { events, number }: ChatTurn,
): Promise<Response> {
  const content = contentOf(message);
  if (content === undefined) throw nothingSaid();
  authorize({ role: 'operator', scope: 'answers:write' }, call.principal);
  const question = waits.find(({ kind }) => kind === 'input');
  if (question === undefined) throw conflict('The agent has not asked anything. Wait until it does.');
  await run.reply(content, { waitId: question.id, timeout: call.api.limits.answerTimeout });
  return answer(call, run, { runId, messageId: messageId(runId, number + 1), before: events });
}

async function decide(
  call: ChatCall,
  run: Run,
  runId: string,
  message: ChatMessage,
  { events, number }: ChatTurn,
): Promise<Response> {
  const decisions = decisionsOf(message);
  if (decisions.length === 0) throw nothingSaid();
  authorize({ role: 'operator', scope: 'approvals:write' }, call.principal);
  for (const { approved, ...decision } of decisions) {
    const options = { ...decision, by: call.principal.id, timeout: call.api.limits.answerTimeout };
    await (approved ? run.approve(options) : run.reject(options));
  }
  return answer(call, run, { runId, messageId: messageId(runId, number), before: events, continues: true });
}

function answer(call: Call, run: Run, message: UiMessageOptions): Response {
  const { before = [] } = message;
  const from = before.at(-1)?.id;
  return openStream(call, {
    encoding: uiEncoding({ ...message, before: call.ids.inValue(before), isTurn: true }),
    open: (signal) => run.events({ tokens: true, signal, ...(from === undefined ? {} : { from }) }),
  });
}

/** @throws HttpProblem when the API knows its agents and this is none, or one that takes no text. */
function checkAgent({ api, params }: ChatCall): void {
  if (api.agents.size === 0) return;
  const agent = api.agents.get(params.agent);
  if (agent === undefined) throw noSuchAgent(params.agent);
  if (agent.input !== undefined) throw conflict(`'${agent.name}' takes typed input. Start it by POST /api/runs.`);
}

/** What is known of the run of a chat; `undefined` when there is none yet. @throws HttpProblem when it is another agent's. */
async function infoOf(run: Run, agent: string): Promise<RunInfo | undefined> {
  try {
    const info = await run.describe();
    if (info.agent !== agent) throw conflict(`The chat is with another agent than '${agent}'.`);
    return info;
  } catch (error) {
    if (RunNotFoundError.is(error)) return undefined;
    throw error;
  }
}

function messageId(chatId: string, turn: number): string {
  return `${chatId}:${turn}`;
}

function nothingSaid(): HttpProblem {
  return invalidRequest([
    {
      pointer: '/messages',
      detail: 'The last message says nothing: text or a file of a user, or a response to an approval.',
    },
  ]);
}

function conflict(detail: string): HttpProblem {
  return new HttpProblem('CHAT_CONFLICT', detail, { status: 409, title: 'The chat does not allow it' });
}
