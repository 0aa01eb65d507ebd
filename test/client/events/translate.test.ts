import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/client/events/facts.ts';
import type { AgentRunInput, ModelTurn } from '../../../src/workflow/protocol/index.ts';
import {
  answered,
  closed,
  ended,
  failed,
  opened,
  scheduled,
  spent,
  started,
  translate,
  usage,
  wait,
} from './telling.ts';

describe('what a history says', () => {
  it('begins with the run', () => {
    expect(translate([started])).toEqual([{ type: 'run_started', agent: 'main', input: 'Hi', metadata: {} }]);
    const own: Fact = { kind: 'started', workflowType: 'approveOrder', input: { order: 7 }, memo: {} };
    expect(translate([own])).toEqual([
      { type: 'run_started', agent: 'approveOrder', input: { order: 7 }, metadata: {} },
    ]);
  });

  it('of a run that goes on says so, and tells what is still open no second time', () => {
    const input = { agent: 'main', input: 'Hi', carried: { state: { waits: [wait()] } } } as unknown as AgentRunInput;
    const next: Fact = { ...started, input, memo: { 'perdure.wait.s1.2': wait({ id: 's1.2' }) } };
    const events = translate([next, opened(wait(), wait({ id: 's1.2' }))], 3);
    expect(events).toEqual([{ type: 'run_continued', times: 2 }]);
  });

  it('shows a model call with what came of it', () => {
    const turn: ModelTurn = {
      message: {
        role: 'assistant',
        content: [
          { type: 'reasoning', text: 'Hm.' },
          { type: 'text', text: 'I look ' },
          { type: 'text', text: 'it up.' },
          { type: 'tool-call', toolCallId: 's1.1', toolName: 'find', input: { id: 7 } },
        ],
      },
      decisions: [
        { type: 'execute_tool', toolCallId: 's1.1', tool: 'find' },
        { type: 'refuse_call', toolCallId: 's1.2', toolName: 'fly', error: 'There is no tool fly.' },
        { type: 'refuse_message', error: 'Empty.' },
      ],
      usage,
      finishReason: 'tool-calls',
      model: 'fast-1',
    };
    expect(translate([scheduled('agent.callModel', { step: 1, agent: 'main' }), ended(1, turn)])).toEqual([
      { type: 'model_called', step: 1, agent: 'main' },
      {
        type: 'model_responded',
        step: 1,
        agent: 'main',
        model: 'fast-1',
        text: 'I look it up.',
        reasoning: 'Hm.',
        calls: [{ toolCallId: 's1.1', toolName: 'find', input: { id: 7 } }],
        usage,
        finishReason: 'tool-calls',
      },
      {
        type: 'call_refused',
        step: 1,
        agent: 'main',
        toolCallId: 's1.2',
        toolName: 'fly',
        error: 'There is no tool fly.',
      },
      { type: 'message_refused', step: 1, agent: 'main', error: 'Empty.' },
    ]);
    expect(
      translate([scheduled('agent.callModel', { step: 1, agent: 'main' }), failed(1, 'ModelFailed', 'No key.')])[1],
    ).toEqual({
      type: 'model_failed',
      step: 1,
      agent: 'main',
      error: { type: 'ModelFailed', message: 'No key.' },
    });
  });

  it('shows tools that complete, fail, and are undone', () => {
    const call = { toolCallId: 's1.1', tool: 'pay', input: { sum: 1 } };
    const reference = { toolCallId: 's1.1', toolName: 'pay' };
    const begin = scheduled('agent.executeTool', call);
    const undo = scheduled('agent.compensateTool', call);
    const output = { type: 'text', value: 'paid' };
    const error = { type: 'ToolFailed', message: 'No money.' };
    expect(translate([begin, ended(1, { type: 'completed', output })])).toEqual([
      { type: 'tool_started', ...reference, input: { sum: 1 } },
      { type: 'tool_completed', ...reference, output },
    ]);
    expect(
      translate([begin, ended(1, { type: 'completed', output: { type: 'error', value: 'No money.' } })])[1],
    ).toEqual({
      type: 'tool_failed',
      ...reference,
      error,
    });
    expect(translate([begin, failed(1, 'ToolFailed', 'No money.')])[1]).toEqual({
      type: 'tool_failed',
      ...reference,
      error,
    });
    expect(translate([undo, ended(1, null)])).toEqual([{ type: 'tool_compensated', ...reference }]);
    expect(translate([undo, failed(1, 'ToolFailed', 'No money.')])).toEqual([
      { type: 'compensation_failed', ...reference, error },
    ]);
  });

  it('leaves activities and children of the author alone', () => {
    expect(
      translate([
        scheduled('sendMail', { to: 'x' }),
        ended(1, 'sent'),
        { kind: 'child-initiated', workflowId: 'c', workflowType: 'count', input: 3 },
        { kind: 'child-started', workflowId: 'c' },
        { kind: 'child-ended', workflowId: 'c', ending: { result: 6 } },
        { kind: 'signalled', name: 'ring', input: 1 },
        { kind: 'updated', name: 'set', updateId: 'u', input: 1 },
        { kind: 'memo-changed', memo: { color: 'red' } },
      ]),
    ).toEqual([]);
  });

  it('shows a sub-agent, and its end once', () => {
    const workflowId = 'run/s1.1.billing';
    const input = { agent: 'billing', input: 'Bill 7', lineage: { toolCallId: 's1.1' } };
    const result = { output: 'Billed.', finish: 'complete', spent };
    const reference = { toolCallId: 's1.1', agent: 'billing', workflowId };
    const report = { workflowId, toolCallId: 's1.1', end: { type: 'completed', result } };
    const initiated: Fact = { kind: 'child-initiated', workflowId, workflowType: 'perdureAgent', input };
    const begin: Fact = { kind: 'child-started', workflowId };
    const events = [
      { type: 'agent_called', ...reference, input: 'Bill 7' },
      { type: 'agent_completed', ...reference, output: 'Billed.', spent },
    ];
    const end: Fact = { kind: 'child-ended', workflowId, ending: { result } };
    const signal: Fact = { kind: 'signalled', name: 'perdure.childEnded', input: report };
    // Not before its run is there to be followed.
    expect(translate([initiated])).toEqual([]);
    expect(translate([initiated, begin])).toEqual(events.slice(0, 1));
    expect(translate([initiated, begin, end, signal])).toEqual(events);
    expect(translate([initiated, begin, signal, end])).toEqual(events);
    const failure = { type: 'NotStarted', message: 'There is one.' };
    expect(translate([initiated, { kind: 'child-ended', workflowId, ending: { failure } }])).toEqual([
      events[0],
      { type: 'agent_failed', ...reference, error: failure },
    ]);
    // Started by the run before this one.
    expect(translate([signal])).toEqual(events.slice(1));
    const checked = [
      scheduled('agent.checkChild', workflowId),
      ended(1, null),
      scheduled('agent.checkChild', workflowId),
    ];
    expect(translate([...checked, ended(3, { type: 'failed', message: 'Gone.' })])).toEqual([
      { type: 'agent_failed', ...reference, error: { type: 'Error', message: 'Gone.' } },
    ]);
  });

  it.each([
    ['input', 'input_requested'],
    ['approval', 'approval_requested'],
    ['tool', 'tool_awaited'],
    ['event', 'event_awaited'],
  ] as const)('shows a wait of kind %s as %s, and its answer', (kind, type) => {
    const outcome = { type: 'value', value: { approved: true } } as const;
    const each = wait({ kind });
    expect(translate([opened(each), answered({ kind, outcome }), closed('s1.1')])).toEqual([
      { type, wait: each },
      { type: 'wait_answered', wait: each, outcome },
    ]);
  });

  it('shows a wait that nobody answers', () => {
    const late = wait({ expiresAt: '2026-12-31T23:59:59.000Z' });
    const early = wait({ expiresAt: '2027-01-01T00:00:01.000Z' });
    expect(translate([opened(late), closed('s1.1')])[1]).toEqual({
      type: 'wait_closed',
      wait: late,
      reason: 'expired',
    });
    expect(translate([opened(early), closed('s1.1')])[1]).toEqual({
      type: 'wait_closed',
      wait: early,
      reason: 'withdrawn',
    });
    expect(translate([closed('unknown')])).toEqual([]);
  });

  it('shows the end of an async tool, however it comes', () => {
    const call = { toolCallId: 's1.1', toolName: 'ship', input: {} };
    const own = wait({ kind: 'tool', call, expiresAt: '2026-12-31T23:59:59.000Z' });
    const value = { type: 'value', value: { parcel: 7 } } as const;
    const completed = {
      type: 'tool_completed',
      toolCallId: 's1.1',
      toolName: 'ship',
      output: { type: 'json', value: { parcel: 7 } },
    };
    const answer = answered({ waitId: 's1.1', kind: 'tool', outcome: value });
    expect(translate([opened(own), answer, closed('s1.1')]).slice(1)).toEqual([
      { type: 'wait_answered', wait: own, outcome: value },
      completed,
    ]);
    expect(translate([opened(own), closed('s1.1')]).at(-1)).toMatchObject({ type: 'tool_failed', toolCallId: 's1.1' });
    // Before anybody was told that it is awaited.
    const begin = scheduled('agent.executeTool', { toolCallId: 's1.1', tool: 'ship', input: {}, waitId: 's1.1' });
    expect(translate([begin, answer, answer, ended(1, { type: 'pending' })]).slice(1)).toEqual([completed]);
    // In a sub-agent, whose waits are listed at the root.
    const delivered: Fact = {
      kind: 'signalled',
      name: 'perdure.deliverAnswer',
      input: { waitId: 's1.1', kind: 'tool', outcome: value },
    };
    expect(translate([begin, delivered]).slice(1)).toEqual([completed]);
    // At the root, of a sub-agent: that tells of it itself.
    const below = wait({ kind: 'tool', call, workflowId: 'run/s1.1.billing' });
    expect(translate([opened(below), answer])).toHaveLength(2);
  });

  it('shows limits wherever they strike', () => {
    const asks = wait({ id: 'limit1', kind: 'approval', message: 'May it go on?' });
    expect(translate([opened(asks)])).toEqual([
      { type: 'limit_reached', message: 'May it go on?' },
      { type: 'approval_requested', wait: asks },
    ]);
    const failure = { type: 'LimitExceeded', message: 'It may use 5 steps.' };
    expect(translate([{ kind: 'closed', closing: { status: 'failed', failure } }])).toEqual([
      { type: 'limit_reached', message: 'It may use 5 steps.' },
      { type: 'run_failed', error: failure },
    ]);
    const result = { output: 'So far.', finish: 'limit', spent };
    expect(translate([{ kind: 'closed', closing: { status: 'completed', result } }])).toEqual([
      { type: 'limit_reached', message: 'A limit ended the run with what there was.' },
      { type: 'run_completed', output: 'So far.', finish: 'limit', spent },
    ]);
  });

  it('ends as the run does', () => {
    const failure = { type: 'ModelFailed', message: 'No key.' };
    const end = (closing: Extract<Fact, { kind: 'closed' }>['closing']) => translate([{ kind: 'closed', closing }])[0];
    expect(end({ status: 'completed', result: { output: 'x', finish: 'complete', spent } })).toEqual({
      type: 'run_completed',
      output: 'x',
      finish: 'complete',
      spent,
    });
    expect(end({ status: 'completed', result: [1] })).toEqual({
      type: 'run_completed',
      output: [1],
      finish: 'complete',
      spent: undefined,
    });
    expect(end({ status: 'failed', failure })).toEqual({ type: 'run_failed', error: failure });
    expect(end({ status: 'cancelled' })).toEqual({ type: 'run_cancelled' });
    expect(end({ status: 'timed_out' })).toEqual({ type: 'run_timed_out' });
    expect(end({ status: 'terminated', reason: 'r' })).toEqual({ type: 'run_terminated', reason: 'r' });
    expect(translate([{ kind: 'continued', runId: 'next' }])).toEqual([]);
  });
});
