import { setTimeout as delay } from 'node:timers/promises';
import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { CancelledFailure } from '@temporalio/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import type { Token } from '../../../src/agent/token-channel.ts';
import type { AnyTool } from '../../../src/agent/types.ts';
import { call, finish, firstStep, prepareFirstStep, scripted, text, workflowId, runId } from './support.ts';

const lookup = defineTool({
  name: 'lookup_order',
  description: 'Find an order.',
  input: z.object({ orderId: z.string(), express: z.coerce.boolean().default(false) }),
  run: () => 'found',
});

function agentWith(model: ReturnType<typeof scripted>, tools: readonly AnyTool[] = [lookup]) {
  return defineAgent({ name: 'support', model, instructions: 'Help.', tools });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('agent.callModel', () => {
  it('gives the model the conversation and what it may call', async () => {
    const model = scripted([...text('It is on its way.'), finish]);
    const billing = defineAgent({ name: 'billing', description: 'Knows invoices.', model, instructions: 'Bill.' });
    const agent = defineAgent({
      name: 'support',
      model,
      instructions: 'Help.',
      tools: [lookup],
      agents: [billing],
      settings: { temperature: 0.2, maxOutputTokens: 500, stopSequences: ['END'], providerOptions: { fake: { a: 1 } } },
    });
    const turn = await firstStep({ agent, input: { maxOutputTokens: 100 } });
    expect(model.asked[0]).toMatchObject({
      prompt: [
        { role: 'system', content: 'Help.' },
        { role: 'user', content: [{ type: 'text', text: 'Where is order 1042?' }] },
      ],
      toolChoice: { type: 'auto' },
      temperature: 0.2,
      maxOutputTokens: 100,
      stopSequences: ['END'],
      providerOptions: { fake: { a: 1 } },
    });
    expect(model.asked[0]?.tools).toMatchObject([
      { type: 'function', name: 'lookup_order', description: 'Find an order.', inputSchema: { type: 'object' } },
      { type: 'function', name: 'billing', description: 'Knows invoices.' },
      { type: 'function', name: 'request_user_input' },
    ]);
    expect(turn).toEqual({
      message: { role: 'assistant', content: [{ type: 'text', text: 'It is on its way.' }] },
      decisions: [{ type: 'complete', output: 'It is on its way.' }],
      usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 2, reasoningTokens: 1 },
      finishReason: 'stop',
      model: 'fake/scripted',
    });
  });

  it('decides for each call of a message, in its order, whatever else is in it', async () => {
    const model = scripted([]);
    const billing = defineAgent({ name: 'billing', description: 'Knows invoices.', model, instructions: 'Bill.' });
    const speaking = scripted([
      ...text('One moment.'),
      call('lookup_order', { orderId: '1042' }, 'a'),
      call('billing', { message: 'Is it paid?' }, 'b'),
      call('request_user_input', { message: 'Which one?' }, 'c'),
      call('lookup_order', { orderId: 7 }, 'a'),
      call('lookup_orders', {}, 'e'),
      { ...finish, finishReason: { unified: 'stop', raw: 'stop' } },
    ]);
    const agent = defineAgent({
      name: 'support',
      model: speaking,
      instructions: 'Help.',
      tools: [lookup],
      agents: [billing],
    });
    const turn = await firstStep({ agent });
    expect(turn.decisions).toEqual([
      { type: 'execute_tool', toolCallId: 's1.1', tool: 'lookup_order' },
      { type: 'call_agent', toolCallId: 's1.2', agent: 'billing' },
      { type: 'request_user_input', toolCallId: 's1.3', message: 'Which one?' },
      {
        type: 'refuse_call',
        toolCallId: 's1.4',
        toolName: 'lookup_order',
        error: expect.stringMatching(/^The arguments don't fit: orderId: .*expected string/),
      },
      {
        type: 'refuse_call',
        toolCallId: 's1.5',
        toolName: 'lookup_orders',
        error: 'There is no tool "lookup_orders". There are: lookup_order, billing, request_user_input.',
      },
    ]);
    // As the model wrote it: the tool's schema is applied where the tool runs.
    expect(turn.message.content[1]).toMatchObject({ toolCallId: 's1.1', input: { orderId: '1042' } });
  });

  it('keeps reasoning with what the provider attached, files, and the model that answered', async () => {
    const model = scripted([
      { type: 'response-metadata', modelId: 'scripted-2026' },
      { type: 'reasoning-start', id: 'r' },
      { type: 'reasoning-delta', id: 'r', delta: 'Let me ' },
      { type: 'reasoning-delta', id: 'r', delta: 'see.' },
      { type: 'reasoning-end', id: 'r', providerMetadata: { fake: { signature: 'abc' } } },
      { type: 'file', mediaType: 'image/png', data: { type: 'data', data: new Uint8Array([1, 2, 3]) } },
      ...text('Here.'),
      finish,
    ]);
    const turn = await firstStep({ agent: agentWith(model) });
    expect(turn.message.content).toEqual([
      { type: 'reasoning', text: 'Let me see.', providerOptions: { fake: { signature: 'abc' } } },
      { type: 'file', mediaType: 'image/png', data: 'AQID' },
      { type: 'text', text: 'Here.' },
    ]);
    expect(turn.model).toBe('scripted-2026');
  });

  it('publishes what the model says, tagged by step, attempt and offset', async () => {
    const published: Token[] = [];
    const tokens = {
      publish: (token: Token) => void published.push(token),
      subscribe: () => () => {},
      close: async () => {},
    };
    const parts: LanguageModelV4StreamPart[] = [
      { type: 'reasoning-delta', id: 'r', delta: 'hm' },
      { type: 'text-delta', id: '0', delta: 'Hel' },
      { type: 'text-delta', id: '0', delta: 'lo' },
      { type: 'text-delta', id: '1', delta: '!' },
    ];
    await firstStep({ agent: agentWith(scripted([...parts, finish])), tokens, attempt: 2 });
    const common = { workflowId, agent: 'support', step: 1, attempt: 2 };
    expect(published).toEqual([
      { ...common, type: 'reasoning', offset: 0, text: 'hm' },
      { ...common, type: 'text', offset: 0, text: 'Hel' },
      { ...common, type: 'text', offset: 3, text: 'lo' },
      { ...common, type: 'text', offset: 5, text: '!' },
    ]);
  });

  it('does without calls when the model must answer, and makes none', async () => {
    const model = scripted([call('lookup_order', { orderId: '1' }), finish]);
    const turn = await firstStep({ agent: agentWith(model), input: { mustAnswer: true } });
    expect(model.asked[0]?.toolChoice).toEqual({ type: 'none' });
    expect(model.asked[0]?.tools).toHaveLength(2);
    expect(turn.decisions).toMatchObject([{ type: 'refuse_call', toolCallId: 's1.1' }]);
  });

  it('takes no answer that was cut off, unless the model must answer', async () => {
    const length = { ...finish, finishReason: { unified: 'length', raw: 'length' } };
    const agent = (said: string, more = {}) =>
      defineAgent({ name: 'support', model: scripted([...text(said), length]), instructions: 'Help.', ...more });
    const structured = { output: z.object({ status: z.string() }) };
    for (const cut of [agent('It is on'), agent('{"status":"op', structured)])
      expect(await firstStep({ agent: cut })).toMatchObject({
        finishReason: 'length',
        decisions: [{ type: 'refuse_message', error: expect.stringMatching(/^Your answer was cut off/) }],
      });
    const last = { input: { mustAnswer: true } };
    expect((await firstStep({ agent: agent('It is on'), ...last })).decisions).toEqual([
      { type: 'complete', output: 'It is on' },
    ]);
    expect((await firstStep({ agent: agent('{"status":"op"}', structured), ...last })).decisions).toEqual([
      { type: 'complete', output: { status: 'op' } },
    ]);
  });

  it('stops listening when the model has finished, even if the stream stays open', async () => {
    const open = () =>
      new ReadableStream<LanguageModelV4StreamPart>({
        start: (controller) => [...text('Done.'), finish].forEach((part) => controller.enqueue(part)),
      });
    await expect(firstStep({ agent: agentWith(scripted(open)) })).resolves.toMatchObject({
      decisions: [{ type: 'complete', output: 'Done.' }],
    });
  });
});

describe('structured answers', () => {
  const output = z.object({ status: z.enum(['open', 'shipped']), days: z.number().default(3) });
  const answer = (said: string) => {
    const model = scripted([...text(said), finish]);
    const agent = defineAgent({ name: 'support', model, instructions: 'Help.', output });
    return { model, turn: firstStep({ agent }) };
  };

  it('are asked for by schema, checked, and recorded as the schema makes them', async () => {
    const { model, turn } = answer('{"status":"shipped","other":1}');
    expect((await turn).decisions).toEqual([{ type: 'complete', output: { status: 'shipped', days: 3 } }]);
    expect(model.asked[0]?.responseFormat).toMatchObject({ type: 'json', name: 'support', schema: { type: 'object' } });
  });

  it('may stand in a code block', async () => {
    expect((await answer('```json\n{"status":"open","days":1}\n```').turn).decisions).toEqual([
      { type: 'complete', output: { status: 'open', days: 1 } },
    ]);
  });

  it.each([
    ['{"status":"lost"}', /doesn't fit: status/],
    ['It is open.', /has to be JSON/],
    ['{"status":"open"', /has to be JSON/],
    ['null', /doesn't fit/],
    ['', /was empty/],
  ])('that are wrong are told to the model: %s', async (said, error) => {
    expect((await answer(said).turn).decisions).toEqual([
      { type: 'refuse_message', error: expect.stringMatching(error) },
    ]);
  });
});

describe('tools that need approval', () => {
  const refund = (approval: (args: { amount: number }, context: object) => boolean | string) =>
    defineTool({
      name: 'refund',
      description: 'Give money back.',
      input: z.object({ amount: z.coerce.number() }),
      approval,
      run: () => 'refunded',
    });
  const decide = async (tool: AnyTool, setting: object = {}) => {
    const model = scripted([call('refund', { amount: '200' }), finish]);
    return (await firstStep({ agent: agentWith(model, [tool]), ...setting })).decisions[0];
  };

  it('ask what their function says, given the checked arguments', async () => {
    await expect(decide(refund(({ amount }) => `Give back ${amount + 1}?`))).resolves.toMatchObject({
      type: 'execute_tool',
      approval: { message: 'Give back 201?' },
    });
    await expect(decide(refund(({ amount }) => amount > 100))).resolves.toMatchObject({
      approval: { message: 'support wants to call refund.' },
    });
    await expect(decide(refund(({ amount }) => amount > 300))).resolves.toEqual({
      type: 'execute_tool',
      toolCallId: 's1.1',
      tool: 'refund',
    });
  });

  it('ask when their function fails', async () => {
    const failing = refund(() => {
      throw new Error('no database');
    });
    await expect(decide(failing)).resolves.toMatchObject({
      approval: { message: expect.stringContaining('no database') },
    });
  });

  it('give their function what other functions of a tool are given', async () => {
    const given: object[] = [];
    const tool = refund((_, context) => {
      given.push(context);
      return false;
    });
    await decide(tool, { deps: { orders: 1 }, input: { metadata: { tenant: 'a' } } });
    expect(given).toEqual([
      {
        deps: { orders: 1 },
        signal: expect.any(AbortSignal),
        toolCallId: 's1.1',
        agent: 'support',
        workflowId,
        runId,
        metadata: { tenant: 'a' },
      },
    ]);
  });
});

describe('a worker that has changed since the run began', () => {
  const model = () => scripted([call('lookup_order', { orderId: '1' }), finish]);

  it('refuses a tool that is gone', async () => {
    const agent = agentWith(model());
    const turn = await firstStep({
      agent,
      worker: [defineAgent({ name: 'support', model: agent.model, instructions: 'x' })],
    });
    expect(turn.decisions).toMatchObject([
      { type: 'refuse_call', error: 'The tool lookup_order is no longer available.' },
    ]);
  });

  it('refuses a tool that is another one now', async () => {
    const other = defineTool({
      name: 'lookup_order',
      description: 'x',
      input: z.object({ id: z.number() }),
      run: () => 1,
    });
    const agent = agentWith(model());
    const turn = await firstStep({ agent, worker: [agentWith(agent.model as ReturnType<typeof scripted>, [other])] });
    expect(turn.decisions).toMatchObject([
      { type: 'refuse_call', error: expect.stringContaining('is not what it was') },
    ]);
  });

  it('keeps to the recorded model', async () => {
    const recorded = scripted([...text('Old.'), finish]);
    const asked: string[] = [];
    const models = (id: string) => {
      asked.push(id);
      return recorded;
    };
    const now = defineAgent({ name: 'support', model: 'openai/gpt-9', instructions: 'x' });
    const before = defineAgent({ name: 'support', model: 'openai/gpt-5', instructions: 'x' });
    await expect(firstStep({ agent: before, worker: [now], models })).resolves.toMatchObject({
      decisions: [{ output: 'Old.' }],
    });
    expect(asked).toEqual(['openai/gpt-5']);
  });

  it('leaves the call to another worker when it has no such agent', async () => {
    const other = defineAgent({ name: 'other', model: 'a/b', instructions: 'x' });
    await expect(firstStep({ agent: agentWith(model()), worker: [other] })).rejects.toMatchObject({
      type: 'AgentUnknown',
      nonRetryable: false,
    });
  });
});

describe('a model call that does not end', () => {
  const silent = () => new ReadableStream<LanguageModelV4StreamPart>({});

  it('gives signs of life', async () => {
    vi.useFakeTimers();
    const { environment, run } = await prepareFirstStep({
      agent: agentWith(scripted(silent)),
      heartbeatTimeoutMs: 9000,
      startToCloseTimeoutMs: 20_000,
    });
    const beats = vi.fn<() => void>();
    environment.on('heartbeat', beats);
    const running = run().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(9100);
    expect(beats.mock.calls.length).toBeGreaterThanOrEqual(3);
    await vi.advanceTimersByTimeAsync(10_000);
    await running;
    const given = beats.mock.calls.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(beats).toHaveBeenCalledTimes(given);
  });

  it.each([
    ['whose stream stays open', silent],
    ['that never answers', () => new Promise<never>(() => {})],
  ])('%s is given up before its attempt times out', async (_, script) => {
    vi.useFakeTimers();
    const model = scripted(script);
    const { run } = await prepareFirstStep({ agent: agentWith(model), startToCloseTimeoutMs: 300_000 });
    const failed = run().catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(299_000);
    await expect(failed).resolves.toMatchObject({
      type: 'ModelFailed',
      nonRetryable: false,
      message: 'The model did not finish within 300 s.',
    });
    expect(model.asked[0]?.abortSignal?.aborted).toBe(true);
  });

  it.each([
    ['whose stream stays open', silent],
    ['that never answers', () => new Promise<never>(() => {})],
  ])('%s ends as cancelled when it is cancelled', async (_, script) => {
    const model = scripted(script);
    const { environment, run } = await prepareFirstStep({ agent: agentWith(model) });
    const failed = run().catch((error: unknown) => error);
    while (model.asked.length === 0) await delay(0);
    environment.cancel('CANCELLED');
    await expect(failed).resolves.toBeInstanceOf(CancelledFailure);
    expect(model.asked[0]?.abortSignal?.aborted).toBe(true);
  });
});
