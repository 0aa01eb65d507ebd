import { describe, expect, it } from 'vitest';
import type { EventBody, RunEvent, TokenEvent } from '../../../src/client/events/event.ts';
import { UiEncoder } from '../../../src/http/stream/ui-encoder.ts';
import type { Wait } from '../../../src/workflow/protocol/index.ts';
import { messageOf, messagesOf, textOf } from './ui-reading.ts';

const usage = { inputTokens: 1, outputTokens: 1, cachedInputTokens: 0, reasoningTokens: 0 };
const spent = { ...usage, steps: 1, toolCalls: 0 };

let count = 0;
function event(body: EventBody): RunEvent {
  return { ...body, id: `1.${++count}.0.r`, at: '2026-01-01T00:00:00.000Z' };
}
function token(text: string, about: Partial<TokenEvent> = {}): TokenEvent {
  const where = { workflowId: 'run', agent: 'main', step: 1, attempt: 1, offset: 0, kind: 'text' } as const;
  return { type: 'token', ...where, text, ...about };
}
const called = (step = 1): RunEvent => event({ type: 'model_called', step, agent: 'main' });
function responded(text: string, about: Partial<Extract<EventBody, { type: 'model_responded' }>> = {}): RunEvent {
  return event({
    type: 'model_responded',
    step: 1,
    agent: 'main',
    model: 'm',
    text,
    reasoning: '',
    calls: [],
    usage,
    finishReason: 'stop',
    ...about,
  });
}
const completed = (output: string): RunEvent => event({ type: 'run_completed', output, finish: 'complete', spent });
const call = { toolCallId: 's1.1', toolName: 'refund', input: { sum: 9 } };
function wait(about: Partial<Wait>): Wait {
  const base = { id: 's1.1', kind: 'input', agent: 'main', workflowId: 'run', message: 'Which?' } as const;
  return { ...base, openedAt: '2026-01-01T00:00:00.000Z', ...about };
}

function encode(events: readonly (RunEvent | TokenEvent)[], encoder = new UiEncoder('run')): unknown[] {
  return [encoder.start('message'), ...events.flatMap((each) => encoder.encode(each))];
}

describe('UI messages', () => {
  it('grow with the tokens, and are whole in the end', async () => {
    const chunks = encode([
      called(),
      token('Hm.', { kind: 'reasoning' }),
      token('Good '),
      token('day', { offset: 5 }),
      responded('Good day.', { reasoning: 'Hm.' }),
      completed('Good day.'),
    ]);
    const states = await messagesOf(chunks);
    expect(states.map(textOf)).toEqual(expect.arrayContaining(['Good ', 'Good day', 'Good day.']));
    expect(states.at(-1)).toMatchObject({
      id: 'message',
      role: 'assistant',
      metadata: { runId: 'run', status: 'completed', finish: 'complete', spent },
      parts: [
        { type: 'step-start' },
        { type: 'reasoning', text: 'Hm.', state: 'done' },
        { type: 'text', text: 'Good day.', state: 'done' },
      ],
    });
    expect(chunks.at(-1)).toMatchObject({ type: 'finish', finishReason: 'stop' });
  });

  it('are the same from history alone', async () => {
    const history = [called(), responded('Good day.', { reasoning: 'Hm.' }), completed('Good day.')];
    const live = [called(), token('Good '), token('day', { offset: 5 }), ...history.slice(1)];
    const [message, again] = [await messageOf(encode(history)), await messageOf(encode(live))];
    expect(textOf(message)).toBe('Good day.');
    expect(textOf(again)).toBe('Good day.');
    expect(again.parts.length).toBe(message.parts.length);
  });

  it('show nothing twice when the model is asked again', async () => {
    const chunks = encode([
      called(),
      token('Good mor'),
      token('Good ', { attempt: 2 }),
      token('ning', { attempt: 1, offset: 8 }),
      token('evening', { attempt: 2, offset: 5 }),
      responded('Good evening'),
      completed('Good evening'),
    ]);
    const states = await messagesOf(chunks);
    expect(states.map(textOf).filter((text) => /mor.*Good|evening.*evening/.test(text))).toEqual([]);
    expect(textOf(states.at(-1)!)).toBe('Good evening');
  });

  it.each([
    ['a piece is missing', [token('Good '), token('evening', { offset: 7 })]],
    ['a piece comes twice', [token('Good '), token('Good '), token('d ev', { offset: 3 })]],
    ['the whole is another', [token('Goodness')]],
    ['pieces come late', [token('evening', { offset: 5 })]],
    ['the step is not known yet', []],
  ])('are right although %s', async (_, pieces) => {
    const events = [...(pieces.length === 0 ? [] : [called()]), ...pieces, responded('Good evening')];
    const late = token('!', { offset: 12 });
    const message = await messageOf(encode([...events, late, completed('Good evening')]));
    expect(message.parts.map(({ type }) => type)).toEqual(['step-start', 'text']);
    expect(textOf(message)).toBe('Good evening');
  });

  it('begin a step with whatever is heard of it first', async () => {
    const message = await messageOf(encode([token('Hi'), called(), responded('Hi'), completed('Hi')]));
    expect(message.parts.map(({ type }) => type)).toEqual(['step-start', 'text']);
  });

  it('take back what a model said that failed for good', async () => {
    const error = { type: 'ModelFailed', message: 'overloaded' };
    const chunks = encode([
      called(),
      token('Half a'),
      event({ type: 'model_failed', step: 1, agent: 'main', error }),
      event({ type: 'run_failed', error }),
    ]);
    expect(textOf(await messageOf(chunks))).toBe('');
    expect(chunks.slice(-2)).toMatchObject([{ type: 'error', errorText: 'overloaded' }, { finishReason: 'error' }]);
  });

  it('keep what was said beside a step that is taken back', async () => {
    const steer = event({ type: 'steered', content: 'Be brief.' });
    const message = await messageOf(encode([called(), token('a'), steer, token('b', { attempt: 2 }), responded('bc')]));
    expect(message.parts).toMatchObject([
      { type: 'step-start' },
      { type: 'steering-message', parts: [{ type: 'text', text: 'Be brief.' }] },
      { type: 'text', text: 'bc' },
    ]);
  });

  it('show calls and what came of them', async () => {
    const made = (index: number, toolName: string) => ({ toolCallId: `s1.${index}`, toolName, input: { n: index } });
    const [found, broken] = [made(1, 'found'), made(2, 'broken')];
    const calls = [found, broken, made(3, 'refused'), made(4, 'asked')];
    const about = (index: number) => ({ toolCallId: `s1.${index}`, toolName: '' });
    const child = { toolCallId: 's1.4', agent: 'asked', workflowId: 'run/s1.4.asked' };
    const message = await messageOf(
      encode([
        called(),
        responded('', { calls }),
        event({ type: 'call_refused', step: 1, agent: 'main', ...about(3), error: 'There is no tool refused.' }),
        event({ type: 'tool_started', ...found }),
        event({ type: 'tool_started', ...broken }),
        event({ type: 'agent_called', ...child, input: 'Hm?' }),
        event({ type: 'tool_failed', ...about(2), error: { type: 'ToolFailed', message: 'no power' } }),
        event({ type: 'tool_completed', ...about(1), output: { type: 'json', value: { ok: true } } }),
        event({ type: 'agent_completed', ...child, output: 'Yes.', spent: undefined }),
      ]),
    );
    expect(message.parts.slice(1)).toMatchObject([
      { type: 'tool-found', toolCallId: 's1.1', state: 'output-available', input: { n: 1 }, output: { ok: true } },
      { type: 'tool-broken', state: 'output-error', errorText: 'no power' },
      { type: 'tool-refused', state: 'output-error', errorText: 'There is no tool refused.' },
      { type: 'tool-asked', state: 'output-available', output: 'Yes.' },
    ]);
  });

  it.each([
    [true, 'approval-responded'],
    [false, 'output-denied'],
  ])('show approvals: %o', async (approved, state) => {
    const asked = wait({ kind: 'approval', call, message: 'Refund 9?' });
    const outcome = { type: 'value', value: { approved, reason: 'because' } } as const;
    const chunks = encode([
      called(),
      responded('', { calls: [call] }),
      event({ type: 'approval_requested', wait: asked }),
      event({ type: 'wait_answered', wait: asked, outcome }),
    ]);
    const states = await messagesOf(chunks);
    const stateOf = (at: (typeof states)[number]) => at.parts.find(({ type }) => type === 'tool-refund');
    expect(states.map((at) => (stateOf(at) as { state: string } | undefined)?.state)).toContain('approval-requested');
    expect(stateOf(states.at(-1)!)).toMatchObject({ state, approval: { id: 's1.1', approved, reason: 'because' } });
    expect(states.at(-1)?.parts.find(({ type }) => type === 'data-wait')).toMatchObject({
      id: 's1.1',
      data: { state: 'answered', wait: { message: 'Refund 9?' }, outcome },
    });
  });

  it('show the waits of sub-agents as data, also when their calls have the ids of the run’s own', async () => {
    const asked = wait({ id: 's1.1/s1.1', kind: 'approval', call, workflowId: 'run/s1.1.billing' });
    const own = { ...call, toolName: 'billing' };
    const message = await messageOf(
      encode([called(), responded('', { calls: [own] }), event({ type: 'approval_requested', wait: asked })]),
    );
    expect(message.parts.slice(1)).toMatchObject([
      { type: 'tool-billing', state: 'input-available' },
      { type: 'data-wait', data: { state: 'open', wait: { id: 's1.1/s1.1' } } },
    ]);
  });

  it('give results that are no text as data, and say how a run ended', async () => {
    const end = (body: EventBody) => encode([called(), responded('{"n":1}'), event(body)]);
    const output = { n: 1 };
    const limited = await messageOf(end({ type: 'run_completed', output, finish: 'limit', spent }));
    expect(limited.parts.at(-1)).toMatchObject({ type: 'data-output', data: { n: 1 } });
    expect(limited.metadata).toMatchObject({ finish: 'limit' });
    for (const [body, status] of [
      [{ type: 'run_cancelled' }, 'cancelled'],
      [{ type: 'run_terminated', reason: 'enough' }, 'terminated'],
      [{ type: 'run_timed_out' }, 'timed_out'],
    ] as const) {
      expect((await messageOf(end(body))).metadata).toMatchObject({ status });
    }
  });
});

describe('turns of a conversation', () => {
  const question = { ...call, toolName: 'request_user_input' };
  const slow = { toolCallId: 's1.2', toolName: 'slow', input: {} };
  const asked = event({ type: 'input_requested', wait: wait({}) });
  const answered = event({ type: 'wait_answered', wait: wait({}), outcome: { type: 'value', value: 'This.' } });

  it('end when nothing goes on before a person answers', () => {
    const encoder = new UiEncoder('run');
    const waiting = (each: RunEvent | TokenEvent): boolean => {
      encoder.encode(each);
      return encoder.isWaiting;
    };
    expect([called(), responded('', { calls: [question, slow] }), asked].map(waiting)).toEqual([false, false, false]);
    const done = { toolCallId: 's1.2', toolName: 'slow', output: { type: 'text', value: 'x' } } as const;
    expect(waiting(event({ type: 'tool_completed', ...done }))).toBe(true);
    expect(waiting(answered)).toBe(false);
  });

  it('end also when somebody below is waited for', () => {
    const encoder = new UiEncoder('run');
    const child = { toolCallId: 's1.1', agent: 'billing', workflowId: 'run/s1.1.billing' };
    const below = wait({ id: 'x', workflowId: 'run/s1.1.billing/s1.1.bank' });
    for (const each of [
      called(),
      responded('', { calls: [call] }),
      event({ type: 'agent_called', ...child, input: 'Hm?' }),
      event({ type: 'input_requested', wait: below }),
    ]) {
      encoder.encode(each);
    }
    expect(encoder.isWaiting).toBe(true);
  });

  it('bring in the next message what came of calls of the one before', async () => {
    const encoder = new UiEncoder('run');
    for (const each of [called(), responded('', { calls: [question, slow] }), asked]) encoder.encode(each);
    const message = await messageOf(
      encode(
        [
          answered,
          event({ type: 'tool_completed', ...slow, output: { type: 'text', value: 'late' } }),
          called(2),
          responded('Thanks.', { step: 2 }),
          completed('Thanks.'),
        ],
        encoder,
      ),
    );
    expect(message.parts).toMatchObject([
      { type: 'data-wait', data: { state: 'answered' } },
      { type: 'tool-slow', state: 'output-available', output: 'late' },
      { type: 'step-start' },
      { type: 'text', text: 'Thanks.' },
    ]);
  });
});
