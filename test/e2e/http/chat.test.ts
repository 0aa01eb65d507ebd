import { randomUUID } from 'node:crypto';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, type UIMessage } from 'ai';
import { describe, expect, it, vi } from 'vitest';
import { chunksOf, messageOf, textOf } from '../../http/stream/ui-reading.ts';
import { openEvents } from './sse.ts';
import { ENGINES, KEYS, useHttpWorld } from './world.ts';

type Stream = Awaited<ReturnType<DefaultChatTransport<UIMessage>['sendMessages']>>;

async function read(stream: Stream | null): Promise<unknown[]> {
  const chunks: unknown[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk);
  return chunks;
}

function said(text: string): UIMessage {
  return { id: randomUUID(), role: 'user', parts: [{ type: 'text', text }] };
}

function partOf(message: UIMessage, type: string) {
  return message.parts.find((part) => part.type === type);
}

describe.each(ENGINES.filter(([, isThere]) => isThere))('chats over HTTP on %s', (_name, _isThere, config) => {
  const world = useHttpWorld(config, { limits: { requestsPerMinute: 10_000 } });

  /** What `useChat` does with a transport, without React. */
  function chatWith(agent: string, id = `chat-${randomUUID()}`) {
    const transport = new DefaultChatTransport<UIMessage>({
      api: `${world().server.url}/api/agents/${agent}/chat`,
      headers: { authorization: `Bearer ${KEYS.operator.key}` },
    });
    const messages: UIMessage[] = [];
    const request = { chatId: id, trigger: 'submit-message', messageId: undefined, abortSignal: undefined } as const;
    return {
      id,
      messages,
      resume: async () => await transport.reconnectToStream({ chatId: id }),
      async send(message?: UIMessage): Promise<UIMessage> {
        if (message) messages.push(message);
        const chunks = await read(await transport.sendMessages({ ...request, messages }));
        const last = messages.at(-1);
        const answer = await messageOf(chunks, last?.role === 'assistant' ? last : undefined);
        if (last?.role === 'assistant') messages.pop();
        messages.push(answer);
        return answer;
      },
    };
  }

  it('begin with a run, and end with it', async () => {
    const chat = chatWith('echo');
    const answer = await chat.send(said('Hello there'));
    expect(textOf(answer)).toContain('Hello there');
    expect(answer).toMatchObject({ id: `${chat.id}:1`, metadata: { runId: chat.id, status: 'completed' } });
    await expect(chat.resume()).resolves.toBeNull();
    await expect(world().perdure.run(chat.id).result()).resolves.toContain('Hello there');
    await expect(chat.send(said('And then?'))).rejects.toThrow('has ended');
  });

  it('go on by answers to what the agent asks', async () => {
    const chat = chatWith('asker');
    const question = await chat.send(said('Hi'));
    expect(question.metadata).toMatchObject({ status: 'waiting' });
    expect(partOf(question, 'data-wait')).toMatchObject({ data: { state: 'open', wait: { message: 'Which order?' } } });
    expect(partOf(question, 'tool-request_user_input')).toMatchObject({ state: 'input-available' });
    await expect(chat.resume()).resolves.toBeNull();
    const answer = await chat.send(said('Number 42'));
    expect(answer.id).toBe(`${chat.id}:2`);
    expect(textOf(answer)).toContain('Number 42');
    expect(answer.metadata).toMatchObject({ status: 'completed' });
  });

  it.each([
    [true, 'output-available'],
    [false, 'output-denied'],
  ])('go on by approvals: %o', async (approved, state) => {
    const chat = chatWith('cashier');
    const asking = await chat.send(said('Hi'));
    const part = partOf(asking, 'tool-refund') as { state: string; approval: { id: string } };
    expect(part).toMatchObject({ state: 'approval-requested', approval: { requestReason: 'Refund 200?' } });
    Object.assign(part, { state: 'approval-responded', approval: { ...part.approval, approved } });
    expect(lastAssistantMessageIsCompleteWithApprovalResponses({ messages: chat.messages })).toBe(true);
    const answer = await chat.send();
    expect(answer.id).toBe(asking.id);
    expect(answer.parts.filter(({ type }) => type === 'tool-refund')).toMatchObject([{ state }]);
    expect(textOf(answer)).toContain(approved ? 'refunded 200' : 'Rejected');
  });

  it('are taken up by a client that comes again', async () => {
    const { perdure } = world();
    const chat = chatWith('shipper');
    const live = chat.send(said('Hi'));
    const run = perdure.run(chat.id);
    await vi.waitFor(async () => expect(await run.pending()).toHaveLength(1), { timeout: 20_000 });
    const again = await chat.resume();
    expect(again).not.toBeNull();
    await run.completeTool({ result: 'shipped' });
    const [message, replayed] = await Promise.all([live, read(again).then((chunks) => messageOf(chunks))]);
    expect(replayed.parts).toEqual(message.parts);
    expect(replayed.id).toBe(message.id);
    expect(partOf(message, 'tool-ship')).toMatchObject({ state: 'output-available', output: 'shipped' });
  });

  it('refuse what cannot be', async () => {
    const { ask } = world();
    const body = (id: string, message: object, more = {}) => ({ id, messages: [message], ...more });
    const chat = chatWith('shipper');
    const live = chat.send(said('Hi'));
    const run = world().perdure.run(chat.id);
    await vi.waitFor(async () => expect(await run.pending()).toHaveLength(1), { timeout: 20_000 });
    const path = '/api/agents/shipper/chat';
    for (const [where, what, status] of [
      [path, body(chat.id, said('What now?')), 409],
      [path, body(chat.id, { role: 'assistant', parts: [] }), 422],
      [path, body(randomUUID(), { role: 'user', parts: [] }), 422],
      [path, body(randomUUID(), { role: 'user', parts: [{ type: 'text', text: '' }] }), 422],
      [path, body(randomUUID(), said('Hi'), { trigger: 'regenerate-message' }), 409],
      ['/api/agents/echo/chat', body(chat.id, said('Hi')), 409],
      ['/api/agents/typed/chat', body(randomUUID(), said('Hi')), 409],
      ['/api/agents/nobody/chat', body(randomUUID(), said('Hi')), 404],
    ] as const) {
      expect([what, (await ask('POST', where, what)).status]).toEqual([what, status]);
    }
    const others = await ask('GET', `/api/agents/shipper/chat/${chat.id}/stream`, undefined, { who: 'acme' });
    expect(others.status).toBe(204);
    await run.completeTool({ result: 'x' });
    await live;
  });

  it('are UI messages of runs that were started otherwise, too', async () => {
    const { perdure, server } = world();
    const run = await perdure.start('boss', { id: `ui-${randomUUID()}`, input: 'Hi' });
    for await (const event of run.events()) if (event.type === 'input_requested') await run.reply('42');
    const path = `/api/runs/${run.id}/events`;
    const response = await openEvents(server.url, `${path}?encoding=ui`);
    expect(response.headers.get('x-vercel-ai-ui-message-stream')).toBe('v1');
    const message = await messageOf(await chunksOf(response.body as ReadableStream<Uint8Array>));
    expect(partOf(message, 'tool-asker')).toMatchObject({ state: 'output-available', output: expect.any(String) });
    expect(message.metadata).toMatchObject({ status: 'completed' });
    expect((await openEvents(server.url, `${path}?encoding=ui&from=x`)).status).toBe(422);
  });
});
