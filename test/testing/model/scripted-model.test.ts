import { APICallError, type LanguageModelV4CallOptions, type LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { MockActivityEnvironment } from '@temporalio/testing';
import {
  answer,
  askUser,
  callAgent,
  callTool,
  callTools,
  delay,
  fail,
  say,
  scriptedModel,
  type ScriptedModel,
} from 'perdure/testing';
import { describe, expect, it, vi } from 'vitest';

const asked: LanguageModelV4CallOptions = {
  prompt: [
    { role: 'system', content: 'You help customers.' },
    { role: 'user', content: [{ type: 'text', text: 'Where is order 1042?' }] },
  ],
  tools: [{ type: 'function', name: 'lookup_order', inputSchema: { type: 'object' } }],
  temperature: 0.5,
};

async function stream(model: ScriptedModel, options = asked): Promise<LanguageModelV4StreamPart[]> {
  const parts: LanguageModelV4StreamPart[] = [];
  for await (const part of (await model.doStream(options)).stream) parts.push(part);
  return parts;
}

function deltas(parts: readonly LanguageModelV4StreamPart[]): string[] {
  return parts.flatMap((part) => (part.type === 'text-delta' ? [part.delta] : []));
}

/** Calls the model as an attempt of an activity does. */
function inActivity<T>(
  info: { workflowId?: string; activityId: string; attempt?: number },
  call: () => Promise<T>,
): Promise<T> {
  const { workflowId = 'run', activityId, attempt = 1 } = info;
  const environment = new MockActivityEnvironment({
    workflowExecution: { workflowId, runId: `${workflowId}-1` },
    activityId,
    attempt,
  });
  return environment.run(call);
}

describe('a scripted model', () => {
  it('answers in order, and records what it was asked', async () => {
    const model = scriptedModel([callTool('lookup_order', { orderId: '1042' }), say('On its way.')], { id: 'desk' });
    const first = await model.doGenerate(asked);
    expect(first.content).toEqual([
      { type: 'tool-call', toolCallId: 'call-1-1', toolName: 'lookup_order', input: '{"orderId":"1042"}' },
    ]);
    expect(first.finishReason.unified).toBe('tool-calls');
    const second = await model.doGenerate({
      ...asked,
      prompt: [
        ...asked.prompt,
        {
          role: 'tool',
          content: [
            {
              type: 'tool-result',
              toolCallId: 'call-1-1',
              toolName: 'lookup_order',
              output: { type: 'json', value: { status: 'shipped' } },
            },
          ],
        },
      ],
    });
    expect(second.content).toEqual([{ type: 'text', text: 'On its way.' }]);
    expect(second.finishReason.unified).toBe('stop');
    expect(second.response?.modelId).toBe('desk');
    expect(model.calls).toMatchObject([
      {
        number: 1,
        turn: 1,
        instructions: 'You help customers.',
        userText: 'Where is order 1042?',
        toolResults: [],
        tools: [{ name: 'lookup_order' }],
        options: { temperature: 0.5 },
      },
      { number: 2, turn: 2, toolResults: [{ toolName: 'lookup_order', type: 'json', value: { status: 'shipped' } }] },
    ]);
    model.assertDone();
  });

  it('has a turn for each thing that a model may do', async () => {
    const model = scriptedModel([
      callTools([say('One moment.'), callTool('a', { x: 1 }), callTool('b', '{bad')]),
      callAgent('billing', 'Refund it.'),
      callAgent('billing', { order: 1 }),
      askUser('Are you sure?'),
      answer({ approved: true }, { reasoning: 'It is fine.', usage: { inputTokens: 7, reasoningTokens: 2 } }),
      say('', { finishReason: 'length' }),
    ]);
    const contents = [];
    for (let turn = 0; turn < 6; turn++) contents.push((await model.doGenerate(asked)).content);
    expect(contents).toEqual([
      [
        { type: 'text', text: 'One moment.' },
        { type: 'tool-call', toolCallId: 'call-1-2', toolName: 'a', input: '{"x":1}' },
        { type: 'tool-call', toolCallId: 'call-1-3', toolName: 'b', input: '{bad' },
      ],
      [{ type: 'tool-call', toolCallId: 'call-2-1', toolName: 'billing', input: '{"message":"Refund it."}' }],
      [{ type: 'tool-call', toolCallId: 'call-3-1', toolName: 'billing', input: '{"order":1}' }],
      [
        {
          type: 'tool-call',
          toolCallId: 'call-4-1',
          toolName: 'request_user_input',
          input: '{"message":"Are you sure?"}',
        },
      ],
      [
        { type: 'reasoning', text: 'It is fine.' },
        { type: 'text', text: '{"approved":true}' },
      ],
      [],
    ]);
  });

  it('makes turns from what it is asked', async () => {
    const model = scriptedModel([
      (call) => say(`You said: ${call.userText}`),
      async ({ number }) => say(`call ${number}`),
    ]);
    const texts = [await model.doGenerate(asked), await model.doGenerate(asked)].map(({ content }) => content[0]);
    expect(texts).toMatchObject([{ text: 'You said: Where is order 1042?' }, { text: 'call 2' }]);
  });

  it('streams word by word, or in the pieces that it is given', async () => {
    const model = scriptedModel([say('On its way.'), say(['On i', 'ts way.'], { usage: { outputTokens: 3 } })]);
    expect(deltas(await stream(model))).toEqual(['On ', 'its ', 'way.']);
    const parts = await stream(model);
    expect(deltas(parts)).toEqual(['On i', 'ts way.']);
    expect(parts.map((part) => part.type)).toEqual([
      'stream-start',
      'response-metadata',
      'text-start',
      'text-delta',
      'text-delta',
      'text-end',
      'finish',
    ]);
    expect(parts.at(-1)).toMatchObject({ usage: { inputTokens: { total: 10 }, outputTokens: { total: 3, text: 3 } } });
  });

  it('streams the input of calls, and then the call', async () => {
    const parts = await stream(scriptedModel([callTool('a', '{ "x": 1 }', { reasoning: 'Hm.' })]));
    expect(parts.slice(2, -1)).toEqual([
      { type: 'reasoning-start', id: '0' },
      { type: 'reasoning-delta', id: '0', delta: 'Hm.' },
      { type: 'reasoning-end', id: '0' },
      { type: 'tool-input-start', id: 'call-1-2', toolName: 'a' },
      ...['{ ', '"x": ', '1 ', '}'].map((delta) => ({ type: 'tool-input-delta', id: 'call-1-2', delta })),
      { type: 'tool-input-end', id: 'call-1-2' },
      { type: 'tool-call', toolCallId: 'call-1-2', toolName: 'a', input: '{ "x": 1 }' },
    ]);
  });

  it('fails as providers do, or in the middle of what it says', async () => {
    const own = new Error('no network');
    const model = scriptedModel([
      fail({ status: 429, retryAfter: '30 s' }),
      fail({ status: 400, message: 'too long' }),
      fail(own),
      fail(own, { after: 'I was going' }),
    ]);
    const limited: unknown = await model.doGenerate(asked).catch((error: unknown) => error);
    expect(APICallError.isInstance(limited)).toBe(true);
    expect(limited).toMatchObject({ statusCode: 429, isRetryable: true, responseHeaders: { 'retry-after': '30' } });
    await expect(model.doStream(asked)).rejects.toMatchObject({ message: 'too long', isRetryable: false });
    await expect(model.doGenerate(asked)).rejects.toBe(own);
    const parts = await stream(model);
    expect(deltas(parts)).toEqual(['I ', 'was ', 'going']);
    expect(parts.at(-1)).toEqual({ type: 'error', error: own });
  });

  it('takes its time, in the time that it is given', async () => {
    const passTime = vi.fn(async () => {});
    const model = scriptedModel([delay('5s', say('late')), delay(1000, delay('1 s', fail(new Error('late'))))]);
    model.useTime(passTime);
    await model.doGenerate(asked);
    await expect(model.doGenerate(asked)).rejects.toThrow('late');
    expect(passTime.mock.calls).toEqual([
      [5000, undefined],
      [2000, undefined],
    ]);
  });

  it('takes real time where there is no other, and stops when it is told to', async () => {
    vi.useFakeTimers();
    try {
      const model = scriptedModel([delay('5s', say('late')), delay('5s', say('never'))]);
      const first = model.doGenerate(asked);
      await vi.advanceTimersByTimeAsync(5000);
      await expect(first).resolves.toMatchObject({ content: [{ text: 'late' }] });
      const stop = new AbortController();
      const second = model.doGenerate({ ...asked, abortSignal: stop.signal });
      const outcome = expect(second).rejects.toThrow('enough');
      await vi.advanceTimersByTimeAsync(1000);
      stop.abort(new Error('enough'));
      await outcome;
    } finally {
      vi.useRealTimers();
    }
  });

  it('stops streaming when it is told to', async () => {
    const stop = new AbortController();
    const { stream: parts } = await scriptedModel([say('On its way.')]).doStream({
      ...asked,
      abortSignal: stop.signal,
    });
    const reader = parts.getReader();
    await reader.read();
    stop.abort(new Error('enough'));
    await expect(reader.read()).rejects.toThrow('enough');
  });
});

describe('a call without a turn', () => {
  it('fails for good, and says what was asked', async () => {
    const model = scriptedModel([say('One.')]);
    await model.doGenerate(asked);
    const error: unknown = await model.doStream(asked).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ type: 'ModelFailed', nonRetryable: true });
    expect((error as Error).message).toBe(
      [
        'The script of model "scripted" has no turn 2: it has 1 turn, and all were played.',
        'It was asked:',
        '  system: You help customers.',
        '  user: Where is order 1042?',
        'It could have called: lookup_order.',
        'Add a turn, or see why it was asked once more.',
      ].join('\n'),
    );
    expect(model.problems).toEqual([(error as Error).message]);
    expect(() => model.assertDone()).toThrow('has no turn 2');
  });

  it('names the run, and shows what was said so far', async () => {
    const prompt: LanguageModelV4CallOptions['prompt'] = [
      ...asked.prompt,
      {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'tool-call', toolCallId: '1', toolName: 'lookup_order', input: { orderId: '1042' } },
        ],
      },
      {
        role: 'tool',
        content: [
          {
            type: 'tool-result',
            toolCallId: '1',
            toolName: 'lookup_order',
            output: { type: 'text', value: 'x'.repeat(200) },
          },
        ],
      },
      {
        role: 'user',
        content: [{ type: 'file', mediaType: 'image/png', filename: 'a.png', data: { type: 'data', data: '' } }],
      },
    ];
    const model = scriptedModel([]);
    const call = inActivity({ workflowId: 'order-1', activityId: '5', attempt: 2 }, () => model.doGenerate({ prompt }));
    await expect(call).rejects.toThrow(
      [
        'It was asked by run order-1, attempt 2:',
        '  system: You help customers.',
        '  user: Where is order 1042?',
        '  assistant: (thinks) Hm.',
        '  assistant: calls lookup_order {"orderId":"1042"}',
        `  tool: lookup_order → ${'x'.repeat(159)}…`,
        '  user: (image/png) a.png',
        'It could have called: nothing.',
      ].join('\n'),
    );
  });
});

describe('the order of a script', () => {
  const texts = async (model: ScriptedModel, ...calls: Parameters<typeof inActivity>[0][]): Promise<string[]> => {
    const said: string[] = [];
    for (const info of calls) {
      await inActivity(info, async () => {
        const { content } = await model.doGenerate(asked);
        if (content[0]?.type === 'text') said.push(content[0].text);
      }).catch((error: Error) => said.push(error.message));
    }
    return said;
  };

  it('gives an attempt that repeats a call the same turn, for the first answer was lost', async () => {
    const model = scriptedModel([say('one'), say('two')]);
    await expect(
      texts(model, { activityId: '1' }, { activityId: '1', attempt: 2 }, { activityId: '2' }),
    ).resolves.toEqual(['one', 'one', 'two']);
    expect(model.calls.map(({ turn, origin }) => [turn, origin?.attempt])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
    model.assertDone();
  });

  it('goes on after a turn that failed', async () => {
    const model = scriptedModel([fail(new Error('busy')), say('one')]);
    await expect(texts(model, { activityId: '1' }, { activityId: '1', attempt: 2 })).resolves.toEqual(['busy', 'one']);
  });

  it('goes on after a turn that was not heard to its end', async () => {
    const model = scriptedModel([say('one'), say('two')]);
    await inActivity({ activityId: '1' }, async () => {
      await (await model.doStream(asked)).stream.cancel();
    });
    await expect(texts(model, { activityId: '1', attempt: 2 })).resolves.toEqual(['two']);
  });

  it('knows that a stream was heard to its end', async () => {
    const model = scriptedModel([say('one'), say('two')]);
    await inActivity({ activityId: '1' }, () => stream(model));
    await expect(texts(model, { activityId: '1', attempt: 2 })).resolves.toEqual(['one']);
  });

  it('is one for all runs, or one for each', async () => {
    const calls = [
      { workflowId: 'a', activityId: '1' },
      { workflowId: 'b', activityId: '1' },
      { workflowId: 'a', activityId: '2' },
    ];
    await expect(texts(scriptedModel([say('1'), say('2'), say('3')]), ...calls)).resolves.toEqual(['1', '2', '3']);
    const model = scriptedModel([say('1'), say('2')], { perRun: true });
    expect(() => model.assertDone()).toThrow('no run asked it');
    await expect(texts(model, ...calls)).resolves.toEqual(['1', '1', '2']);
    expect(() => model.assertDone()).toThrow('1 turn of 2 left for run b');
  });

  it('says how many turns are left', () => {
    expect(() => scriptedModel([say('1'), say('2')], { id: 'desk' }).assertDone()).toThrow(
      'The script of model "desk" was not played as it is:\n2 turns of 2 left',
    );
    scriptedModel([]).assertDone();
  });
});
