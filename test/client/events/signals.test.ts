import { describe, expect, it } from 'vitest';
import type { Fact } from '../../../src/client/events/facts.ts';
import type { Wait } from '../../../src/workflow/protocol/index.ts';
import { answered, closed, ended, opened, scheduled, translate, wait } from './telling.ts';

describe('what a history says of signals', () => {
  it("understands the seed's signals", () => {
    const signal = (name: string, input: unknown): Fact => ({ kind: 'signalled', name, input });
    const one = wait();
    expect(translate([opened(one), signal('userInput', 'Yes')])[1]).toEqual({
      type: 'wait_answered',
      wait: one,
      outcome: { type: 'value', value: 'Yes' },
    });
    expect(translate([signal('userInput', 'Yes')])).toEqual([{ type: 'message_received', content: 'Yes' }]);
    const outcome = { type: 'error', message: 'No.' } as const;
    const tool = wait({ kind: 'tool' });
    expect(
      translate([opened(tool), signal('asyncToolCompleted', { waitId: 's1.1', kind: 'tool', outcome })])[1],
    ).toEqual({
      type: 'wait_answered',
      wait: tool,
      outcome,
    });
  });

  it.each<[string, Partial<Wait>, string, unknown, unknown]>([
    ['does not fit the schema', { schema: { type: 'string' } }, 'userInput', 7, 'Yes'],
    ['is an error', {}, 'userInput', { outcome: { type: 'error', message: 'No.' } }, 'Yes'],
    ['is for another wait', {}, 'userInput', { waitId: 'x', outcome: { type: 'value', value: 1 } }, 'Yes'],
    ['is of another kind', {}, 'asyncToolCompleted', { waitId: 's1.1', outcome: { type: 'value', value: 1 } }, 'Yes'],
    [
      'is no approval',
      { kind: 'approval' },
      'perdure.deliverAnswer',
      { waitId: 's1.1', kind: 'approval', outcome: { type: 'value', value: 'yes' } },
      undefined,
    ],
  ])('does not take an answer that %s, and shows the one that follows', (_, changes, name, input, next) => {
    const one = wait(changes);
    const bad: Fact = { kind: 'signalled', name, input };
    const value = next ?? { approved: true };
    const good = answered({ waitId: 's1.1', kind: one.kind, outcome: { type: 'value', value } });
    expect(translate([opened(one), bad, good, good, closed('s1.1'), good]).slice(1)).toEqual([
      { type: 'wait_answered', wait: one, outcome: { type: 'value', value } },
    ]);
  });

  it('reads an answer by signal with and without its kind', () => {
    const signal = (name: string, input: unknown): Fact => ({ kind: 'signalled', name, input });
    const outcome = { type: 'value', value: 'Yes' } as const;
    const one = wait();
    expect(translate([opened(one), signal('userInput', { outcome })])[1]).toEqual({
      type: 'wait_answered',
      wait: one,
      outcome,
    });
    expect(translate([signal('userInput', { kind: 'tool', outcome })])).toEqual([
      { type: 'message_received', content: 'Yes' },
    ]);
  });

  it('takes the result of an async tool without an id when it can be for one only', () => {
    const signal: Fact = {
      kind: 'signalled',
      name: 'asyncToolCompleted',
      input: { outcome: { type: 'value', value: 'done' } },
    };
    const begin = (id: string) =>
      scheduled('agent.executeTool', { toolCallId: id, tool: 'ship', input: {}, waitId: id });
    const done = { type: 'tool_completed', toolName: 'ship', output: { type: 'text', value: 'done' } };
    expect(translate([begin('s1.1'), signal, signal]).slice(1)).toEqual([{ ...done, toolCallId: 's1.1' }]);
    expect(translate([begin('s1.1'), begin('s1.2'), signal])).toHaveLength(2);
    const output = { type: 'text', value: 'at once' };
    expect(translate([begin('s1.1'), begin('s1.2'), ended(1, { type: 'completed', output }), signal]).slice(2)).toEqual(
      [
        { ...done, toolCallId: 's1.1', output },
        { ...done, toolCallId: 's1.2' },
      ],
    );
  });

  it('shows what is said to the run', () => {
    expect(
      translate([
        { kind: 'signalled', name: 'steer', input: 'Be brief.' },
        { kind: 'signalled', name: 'cancelRun', input: { reason: 'enough', deadline: 5 } },
        { kind: 'cancel-requested', reason: 'by hand' },
        { kind: 'cancel-requested', reason: '' },
      ]),
    ).toEqual([
      { type: 'steered', content: 'Be brief.' },
      { type: 'cancel_requested', reason: 'enough', deadline: 5 },
      { type: 'cancel_requested', reason: 'by hand' },
      { type: 'cancel_requested' },
    ]);
  });

  it.each<[string, unknown]>([
    ['perdure.childEnded', undefined],
    ['perdure.childEnded', {}],
    ['perdure.childEnded', { workflowId: 'run/s1.1.billing', toolCallId: 's1.1', end: { type: 'completed' } }],
    ['perdure.deliverAnswer', undefined],
    ['perdure.deliverAnswer', { kind: 'tool', outcome: null }],
    ['steer', undefined],
    ['steer', 7],
    ['steer', [{ type: 'text' }]],
    ['userInput', undefined],
    ['asyncToolCompleted', undefined],
    ['asyncToolCompleted', 'done'],
    ['asyncToolCompleted', { waitId: 7, outcome: { type: 'value', value: 1 } }],
  ])('makes nothing of the signal %s with %j', (name, input) => {
    const waits = [wait(), wait({ id: 's1.2', kind: 'tool' })];
    expect(translate([opened(...waits), { kind: 'signalled', name, input }])).toHaveLength(2);
  });

  it.each<[unknown, object]>([
    [undefined, {}],
    [null, {}],
    [['x'], {}],
    ['x', {}],
    [{ reason: 7, deadline: 'soon' }, {}],
    [
      { type: 'run_completed', id: 'zz', at: 'now', reason: 'enough', deadline: 5 },
      { reason: 'enough', deadline: 5 },
    ],
  ])('takes from the signal cancelRun what it may say: %j', (input, said) => {
    const signal: Fact = { kind: 'signalled', name: 'cancelRun', input };
    expect(translate([signal])).toEqual([{ type: 'cancel_requested', ...said }]);
  });
});
