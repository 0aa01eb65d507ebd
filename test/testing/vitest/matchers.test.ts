import type { EventSource } from 'perdure/testing/vitest';
import 'perdure/testing/vitest';
import { describe, expect, it, vi } from 'vitest';
import type { EventBody, RunEvent } from '../../../src/client/events/event.ts';
import type { Wait } from '../../../src/workflow/protocol/index.ts';

const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };
const wait: Wait = {
  id: 's2.1',
  kind: 'input',
  agent: 'support',
  workflowId: 'w',
  message: 'Do you want a refund?',
  openedAt: '2026-01-01T00:00:00.000Z',
};

function eventsFrom(bodies: readonly EventBody[]): RunEvent[] {
  return bodies.map((body, index) => ({ id: `1.${index}`, at: '2026-01-01T00:00:00.000Z', ...body }));
}

const looksUp: EventBody = {
  type: 'model_responded',
  step: 1,
  agent: 'support',
  model: 'scripted',
  text: 'Let me see.',
  reasoning: '',
  calls: [{ toolCallId: 's1.1', toolName: 'lookup_order', input: { orderId: '1042' } }],
  usage,
  finishReason: 'tool-calls',
};
const started: EventBody = { type: 'run_started', agent: 'support', input: 'Where is order 1042?', metadata: {} };
const going = eventsFrom([
  started,
  looksUp,
  { type: 'tool_started', toolCallId: 's1.1', toolName: 'lookup_order', input: { orderId: '1042' } },
  {
    type: 'tool_completed',
    toolCallId: 's1.1',
    toolName: 'lookup_order',
    output: { type: 'json', value: { status: 'shipped' } },
  },
  {
    type: 'agent_called',
    toolCallId: 's1.2',
    agent: 'billing',
    workflowId: 'w/s1.2.billing',
    input: { message: 'Refund it.' },
  },
  {
    type: 'agent_completed',
    toolCallId: 's1.2',
    agent: 'billing',
    workflowId: 'w/s1.2.billing',
    output: 'Done.',
    spent: { ...usage, steps: 2, toolCalls: 1 },
  },
  { type: 'input_requested', wait },
  { type: 'approval_requested', wait: { ...wait, kind: 'approval', message: 'Refund 200 EUR?' } },
]);
const spent = { ...usage, inputTokens: 100, steps: 3, toolCalls: 2 };
const completed = [
  ...going,
  ...eventsFrom([{ type: 'run_completed', output: { ok: true, total: 3 }, finish: 'complete', spent }]),
];
const failed = [
  ...going,
  ...eventsFrom([
    { type: 'run_failed', error: { type: 'LimitExceeded', message: 'The limit of 3 steps is reached.' } },
  ]),
];

async function messageOf(assertion: Promise<void>): Promise<string> {
  return await assertion.then(
    () => 'nothing failed',
    (error: Error) => error.message,
  );
}

describe('what has happened', () => {
  it('is told in one line for each event', async () => {
    await expect(messageOf(expect(completed).toHaveCalledTool('refund'))).resolves.toBe(
      [
        'expected the run to have called the tool "refund", but it did not call it',
        '',
        'What happened:',
        '  run_started         support: Where is order 1042?',
        '  model_responded     step 1: Let me see.; calls lookup_order {"orderId":"1042"}',
        '  tool_started        lookup_order {"orderId":"1042"}',
        '  tool_completed      lookup_order → {"status":"shipped"}',
        '  agent_called        billing {"message":"Refund it."}',
        '  agent_completed     billing → Done.',
        '  input_requested     Do you want a refund?',
        '  approval_requested  Refund 200 EUR?',
        '  run_completed       {"ok":true,"total":3}',
      ].join('\n'),
    );
  });

  it('is told of every type of event', async () => {
    const call = { toolCallId: 's1.1', toolName: 'refund' };
    const step = { step: 1, agent: 'support' };
    const error = { type: 'ToolFailed', message: 'no\nmoney' };
    const agent = { toolCallId: 's1.2', agent: 'billing', workflowId: 'w' };
    const events = eventsFrom([
      { type: 'run_continued', times: 1 },
      { type: 'agent_resolved', agent: 'support', definitionHash: 'h', model: 'openai/x' },
      { type: 'model_called', ...step },
      { type: 'model_failed', ...step, error },
      { type: 'message_refused', ...step, error: 'empty' },
      { type: 'call_refused', ...step, ...call, error: 'no such tool' },
      { type: 'tool_failed', ...call, error },
      { type: 'tool_compensated', ...call },
      { type: 'compensation_failed', ...call, error },
      { type: 'agent_failed', ...agent, error },
      { type: 'tool_awaited', wait: { ...wait, kind: 'tool', call: { ...call, input: null } } },
      { type: 'event_awaited', wait: { ...wait, kind: 'event' } },
      { type: 'wait_answered', wait, outcome: { type: 'value', value: 'Yes' } },
      { type: 'wait_answered', wait, outcome: { type: 'error', message: 'No' } },
      { type: 'wait_closed', wait, reason: 'expired' },
      { type: 'message_received', content: 'Hello?' },
      { type: 'steered', content: 'Hurry.' },
      { type: 'cancel_requested', reason: 'enough' },
      { type: 'limit_reached', message: 'too much' },
      { type: 'run_completed', output: 'x'.repeat(200), finish: 'limit', spent: undefined },
      { type: 'run_failed', error },
      { type: 'run_cancelled' },
      { type: 'run_terminated', reason: 'away' },
      { type: 'run_timed_out' },
    ]);
    const message = await messageOf(expect(events).toHaveAsked('x'));
    expect(message.split('\n').slice(3)).toEqual([
      '  run_continued        {"times":1}',
      '  agent_resolved       support, model openai/x',
      '  model_called         step 1 of support',
      '  model_failed         step 1: ToolFailed: no money',
      '  message_refused      step 1: empty',
      '  call_refused         refund: no such tool',
      '  tool_failed          refund: no money',
      '  tool_compensated     refund',
      '  compensation_failed  refund: no money',
      '  agent_failed         billing: no money',
      '  tool_awaited         refund',
      '  event_awaited        Do you want a refund?',
      '  wait_answered        input s2.1 → Yes',
      '  wait_answered        input s2.1 → No',
      '  wait_closed          input s2.1, expired',
      '  message_received     Hello?',
      '  steered              Hurry.',
      '  cancel_requested     {"reason":"enough"}',
      '  limit_reached        too much',
      `  run_completed        (limit) ${'x'.repeat(110)}…`,
      '  run_failed           ToolFailed: no money',
      '  run_cancelled',
      '  run_terminated       away',
      '  run_timed_out',
    ]);
    await expect(messageOf(expect([]).toHaveAsked('x'))).resolves.toContain('What happened:\n  nothing');
  });
});

describe('toHaveCalledTool', () => {
  it('looks for a tool, and for arguments', async () => {
    await expect(going).toHaveCalledTool('lookup_order');
    await expect(going).toHaveCalledTool('lookup_order', { orderId: '1042' });
    await expect(going).toHaveCalledTool('lookup_order', { orderId: expect.stringMatching(/^\d+$/) });
    await expect(going).not.toHaveCalledTool('refund');
    await expect(going).not.toHaveCalledTool('lookup_order', { orderId: '1043' });
  });

  it('shows the arguments that there were, as a diff when there was one call', async () => {
    const assertion = expect(going).toHaveCalledTool('lookup_order', { orderId: '1043' });
    const error = await assertion.catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: expect.stringContaining(
        'expected the run to have called the tool "lookup_order" with {"orderId": "1043"}, but it called it with {"orderId": "1042"}\n',
      ),
      actual: { orderId: '1042' },
      expected: { orderId: '1043' },
    });
  });

  it('says what was not to be', async () => {
    const message = await messageOf(expect(going).not.toHaveCalledTool('lookup_order'));
    expect(message).toMatch(/^expected the run not to have called the tool "lookup_order"\n\nWhat happened:\n/);
  });
});

describe('toHaveCalledToolTimes', () => {
  it('counts', async () => {
    await expect(going).toHaveCalledToolTimes('lookup_order', 1);
    await expect(going).toHaveCalledToolTimes('refund', 0);
    await expect(messageOf(expect(going).toHaveCalledToolTimes('lookup_order', 2))).resolves.toContain(
      'expected the run to have called the tool "lookup_order" 2 times, but it called it 1 time\n',
    );
  });
});

describe('toHaveCalledAgent', () => {
  it('looks for an agent, and for its input', async () => {
    await expect(going).toHaveCalledAgent('billing');
    await expect(going).toHaveCalledAgent('billing', { message: 'Refund it.' });
    await expect(messageOf(expect(going).toHaveCalledAgent('shipping'))).resolves.toContain(
      'expected the run to have called the agent "shipping", but it did not call it\n',
    );
  });
});

describe('toHaveAsked', () => {
  it('looks at questions and approvals', async () => {
    await expect(going).toHaveAsked('refund?');
    await expect(going).toHaveAsked(/^Refund \d+/);
    await expect(messageOf(expect(going).toHaveAsked(/shipping/))).resolves.toContain(
      'expected the run to have asked /shipping/, but it asked "Do you want a refund?", "Refund 200 EUR?"\n',
    );
    await expect(messageOf(expect(eventsFrom([started])).toHaveAsked('Why?'))).resolves.toContain(
      'expected the run to have asked "Why?", but it asked nothing\n',
    );
  });
});

describe('toHaveCompletedWith', () => {
  it('compares the output', async () => {
    await expect(completed).toHaveCompletedWith({ ok: true, total: expect.any(Number) });
    const error = await expect(completed)
      .toHaveCompletedWith({ ok: false, total: 3 })
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      message: expect.stringContaining('but it completed with {"ok":true,"total":3}\n'),
      actual: { ok: true, total: 3 },
      expected: { ok: false, total: 3 },
    });
  });

  it.each([
    [failed, 'failed with LimitExceeded: The limit of 3 steps is reached.'],
    [eventsFrom([started, { type: 'run_cancelled' }]), 'was cancelled'],
    [eventsFrom([started, { type: 'run_terminated', reason: 'away' }]), 'was terminated: away'],
    [eventsFrom([started, { type: 'run_timed_out' }]), 'timed out'],
    [eventsFrom([started]), 'has not ended'],
  ])('says how else it ended', async (events, ending) => {
    await expect(messageOf(expect(events).toHaveCompletedWith('x'))).resolves.toContain(`but it ${ending}\n`);
  });

  it('waits for the end of a run', async () => {
    const result = vi.fn(async () => 'x');
    const eventsSoFar = vi.fn(async () => (result.mock.calls.length > 0 ? completed : going));
    await expect({ result, eventsSoFar }).toHaveCompletedWith({ ok: true, total: 3 });
    const fails = { result: () => Promise.reject(new Error('no')), eventsSoFar: async () => failed };
    await expect(fails).toHaveFailedWith('LimitExceeded');
  });
});

describe('toHaveFailedWith', () => {
  it('looks at type and message', async () => {
    await expect(failed).toHaveFailedWith('LimitExceeded');
    await expect(failed).toHaveFailedWith('LimitExceeded', '3 steps');
    await expect(failed).toHaveFailedWith('LimitExceeded', /steps/);
    await expect(failed).not.toHaveFailedWith('LimitExceeded', 'tokens');
    await expect(messageOf(expect(failed).toHaveFailedWith('ModelFailed', /x/))).resolves.toContain(
      'expected the run to have failed with ModelFailed and /x/, but it failed with LimitExceeded: The limit of 3 steps is reached.\n',
    );
    await expect(messageOf(expect(completed).toHaveFailedWith('ModelFailed'))).resolves.toContain(
      'but it completed with',
    );
  });
});

describe('toHaveUsedAtMost', () => {
  it('takes what the end says, and before it the sum of what is known', async () => {
    await expect(completed).toHaveUsedAtMost({ tokens: 105, steps: 3, toolCalls: 2 });
    await expect(going).toHaveUsedAtMost({ tokens: 30, steps: 3, toolCalls: 3 });
    await expect(messageOf(expect(completed).toHaveUsedAtMost({ tokens: 104, steps: 5 }))).resolves.toContain(
      'expected the run to have used at most 104 tokens, 5 steps, but it used 105 tokens, 3 steps, 2 toolCalls\n',
    );
    await expect(going).not.toHaveUsedAtMost({ tokens: 29 });
  });
});

describe('where events come from', () => {
  it('is a list, what has happened so far, or a stream to its end', async () => {
    const stream = {
      async *events() {
        yield* going;
        yield {
          type: 'token' as const,
          workflowId: 'w',
          agent: 'a',
          step: 1,
          attempt: 1,
          offset: 0,
          kind: 'text' as const,
          text: 'x',
        };
        yield* completed.slice(-1);
      },
    } satisfies EventSource;
    await expect(stream).toHaveCalledTool('lookup_order');
    await expect(stream).toHaveCompletedWith({ ok: true, total: 3 });
    await expect({ eventsSoFar: async () => going }).toHaveAsked('refund');
  });

  it('is nothing else', async () => {
    await expect(expect('run').toHaveAsked('x')).rejects.toThrow(
      'Expected a run or a list of its events, and got string.',
    );
    await expect(expect({}).toHaveAsked('x')).rejects.toThrow('and got object.');
  });
});
