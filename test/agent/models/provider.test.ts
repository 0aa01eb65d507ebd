import { createOpenAI } from '@ai-sdk/openai';
import { ApplicationFailure } from '@temporalio/common';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import type { ModelTurn } from '../../../src/workflow/protocol/index.ts';
import { prepareFirstStep } from '../call-model/support.ts';
import { event, failing, ProviderServer, streaming, type Answer } from './provider-server.ts';

const key = 'sk-test-0123456789abcdef';
const servers: ProviderServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const lookup = defineTool({
  name: 'lookup_order',
  description: 'Find an order.',
  input: z.object({ orderId: z.string() }),
  run: () => '',
});

async function prepare(answer: Answer, startToCloseTimeoutMs = 60_000) {
  const server = await ProviderServer.start(answer);
  servers.push(server);
  const model = createOpenAI({ apiKey: key, baseURL: server.baseURL }).chat('gpt-test');
  const agent = defineAgent({ name: 'support', model, instructions: 'Help.', tools: [lookup] });
  return { server, ...(await prepareFirstStep({ agent, startToCloseTimeoutMs })) };
}

async function failure(answer: Answer): Promise<ApplicationFailure> {
  const { run, server } = await prepare(answer);
  const error = await run().catch((reason: unknown) => reason as ApplicationFailure);
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toHaveProperty('type', 'ModelFailed');
  // One attempt is one request: trying again is the engine's business.
  expect(server.bodies).toHaveLength(1);
  return error as ApplicationFailure;
}

const usage = {
  prompt_tokens: 20,
  completion_tokens: 7,
  total_tokens: 27,
  prompt_tokens_details: { cached_tokens: 4 },
  completion_tokens_details: { reasoning_tokens: 2 },
};

describe('a provider over HTTP', () => {
  it('streams text and calls', async () => {
    const { run, server } = await prepare(
      streaming([
        event({ role: 'assistant', content: 'One ' }),
        event({ content: 'moment.' }),
        event({
          tool_calls: [
            { index: 0, id: 'call_abc', type: 'function', function: { name: 'lookup_order', arguments: '{"ord' } },
          ],
        }),
        event({ tool_calls: [{ index: 0, function: { arguments: 'erId":"1042"}' } }] }),
        event({}, 'tool_calls', usage),
        'data: [DONE]\n\n',
      ]),
    );
    const turn: ModelTurn = await run();
    expect(turn).toEqual({
      message: {
        role: 'assistant',
        content: [
          { type: 'text', text: 'One moment.' },
          {
            type: 'tool-call',
            toolCallId: 's1.1',
            toolName: 'lookup_order',
            input: { orderId: '1042' },
            providerOptions: { perdure: { toolCallId: 'call_abc' } },
          },
        ],
      },
      decisions: [{ type: 'execute_tool', toolCallId: 's1.1', tool: 'lookup_order' }],
      usage: { inputTokens: 20, outputTokens: 7, cachedInputTokens: 4, reasoningTokens: 2 },
      finishReason: 'tool-calls',
      model: 'gpt-test-2026',
    });
    expect(server.bodies[0]).toMatchObject({
      stream: true,
      messages: [
        { role: 'system', content: 'Help.' },
        { role: 'user', content: 'Where is order 1042?' },
      ],
      tools: [{ function: { name: 'lookup_order' } }, { function: { name: 'request_user_input' } }],
    });
  });

  it.each([
    ['429 with seconds', failing(429, { 'retry-after': '7' }), 7000],
    ['429 with milliseconds', failing(429, { 'retry-after-ms': '250', 'retry-after': '9' }), 250],
    ['429 with hours', failing(429, { 'retry-after': '86400' }), 600_000],
    ['429 without a time', failing(429), undefined],
    ['503 with seconds', failing(503, { 'retry-after': '2' }), 2000],
  ])('is asked again after %s', async (_, answer, delay) => {
    const error = await failure(answer);
    expect(error.nonRetryable).toBe(false);
    expect(error.nextRetryDelay).toBe(delay);
  });

  it('is asked again after a 429 with a date', async () => {
    const { nextRetryDelay } = await failure(
      failing(429, { 'retry-after': new Date(Date.now() + 120_000).toUTCString() }),
    );
    expect(nextRetryDelay).toSatisfy((delay: number) => delay > 60_000 && delay <= 120_000);
  });

  it.each([
    ['408', failing(408)],
    ['409', failing(409)],
    ['500', failing(500)],
    ['502 of a proxy', (response) => void response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad</h1>')],
    ['529', failing(529)],
    ['a connection that breaks at once', (response) => void response.destroy()],
    ['a stream that breaks', streaming([event({ content: 'One' })], 'break')],
    ['a stream that breaks within an event', streaming([event({ content: 'One' }), 'data: {"id":'], 'break')],
    ['a stream that ends early', streaming([event({ content: 'One' })])],
    ['a stream that ends within an event', streaming([event({ content: 'One' }), 'data: {"id":'])],
    ['a stream of nothing', streaming([])],
    ['a stream of nothing but its end', streaming(['data: [DONE]\n\n'])],
    ['a stream of something else', streaming(['data: {"hello":1}\n\n', 'data: 7\n\n'])],
    ['a stream that is no JSON', streaming(['data: {"id": oops\n\n'])],
    [
      'a page instead of a stream',
      (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi</h1>'),
    ],
    [
      'JSON instead of a stream',
      (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}'),
    ],
    ['an empty answer', (response) => void response.writeHead(200).end()],
    [
      'an error within a stream',
      streaming([event({ content: 'One' }), 'data: {"error":{"message":"boom","type":"server_error"}}\n\n']),
    ],
  ] as [string, Answer][])('is asked again after %s', async (_, answer) => {
    expect((await failure(answer)).nonRetryable).toBe(false);
  });

  it.each([
    ['400', failing(400, {}, { type: 'invalid_request_error' })],
    ['401', failing(401, {}, { message: `Incorrect API key provided: ${key}.` })],
    ['403', failing(403)],
    ['404', failing(404, {}, { code: 'model_not_found' })],
    ['413', failing(413)],
    ['422', failing(422)],
    ['429 because nothing is left to spend', failing(429, {}, { code: 'insufficient_quota' })],
    ['a filter for content', streaming([event({ content: 'One' }), event({}, 'content_filter')])],
  ])('is not asked again after %s', async (_, answer) => {
    const error = await failure(answer);
    expect(error.nonRetryable).toBe(true);
    expect(error.nextRetryDelay).toBeUndefined();
  });

  it('says what is wrong, and keeps the key and the conversation to itself', async () => {
    const error = await failure(
      failing(401, {}, { message: `Incorrect API key provided: ${key}.`, code: 'invalid_api_key' }),
    );
    expect(error.message).toContain('HTTP 401');
    expect(error.message).toContain('Incorrect API key provided: [redacted]');
    expect(error.details).toEqual([{ status: 401, code: 'invalid_api_key' }]);
    const shown = JSON.stringify([error, error.message, error.stack, error.cause, error.details]);
    expect(shown).not.toContain(key);
    expect(shown).not.toContain('Where is order');
  });

  it.each([
    ['says nothing', () => {}],
    ['begins and falls silent', streaming([event({ content: 'One' })], 'stay')],
  ])('that %s is hung up on before the attempt times out', async (_, answer) => {
    let closed: Promise<unknown> = Promise.resolve();
    const { run } = await prepare((response, request) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      answer(response, request);
    }, 400);
    await expect(run()).rejects.toMatchObject({
      message: 'The model did not finish within 0.4 s.',
      nonRetryable: false,
    });
    await closed;
  });

  it('that can’t be reached is asked again', async () => {
    const { run, server } = await prepare(failing(500));
    await server.stop();
    await expect(run()).rejects.toMatchObject({ type: 'ModelFailed', nonRetryable: false });
  });
});
