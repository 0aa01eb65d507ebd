import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { describeFailure, runFailure, toolFailure } from '../../../src/workflow/agent/failures.ts';
import { errorOutput, replyOutput, textOf } from '../../../src/workflow/agent/outputs.ts';

function activityFailure(cause?: Error): ActivityFailure {
  return new ActivityFailure(
    'Activity task failed',
    'agent.executeTool',
    's1.1',
    RetryState.MAXIMUM_ATTEMPTS_REACHED,
    'me',
    cause,
  );
}

const timeout = new TimeoutFailure('timed out', undefined, TimeoutType.START_TO_CLOSE);

describe('a failure', () => {
  it('is told by its reason', () => {
    expect(describeFailure(activityFailure(ApplicationFailure.nonRetryable('No order.', 'ToolFailed')))).toBe(
      'No order.',
    );
    expect(describeFailure(activityFailure(timeout))).toBe('It did not end in time.');
    expect(describeFailure(activityFailure(new CancelledFailure('c')))).toBe('Cancelled.');
    expect(describeFailure(activityFailure())).toBe('Activity task failed');
    expect(describeFailure('odd')).toBe('odd');
  });

  it('of a run has a type that is ours', () => {
    const known = runFailure(activityFailure(ApplicationFailure.nonRetryable('No.', 'AgentUnknown')), 'ModelFailed');
    expect(known).toMatchObject({ type: 'AgentUnknown', message: 'No.', nonRetryable: true });
    const own = runFailure(activityFailure(ApplicationFailure.nonRetryable('No.', 'Odd')), 'ModelFailed');
    expect(own).toMatchObject({ type: 'ModelFailed', message: 'No.', nonRetryable: false });
    expect(runFailure(activityFailure(timeout), 'ModelFailed')).toMatchObject({ type: 'ModelFailed', cause: timeout });
  });

  it('of a tool keeps the type that the tool gave it; cancellation stays what it is', () => {
    const failure = toolFailure(
      activityFailure(ApplicationFailure.create({ message: 'No.', type: 'NoMoney', nonRetryable: true, details: [7] })),
    );
    expect(failure).toMatchObject({ type: 'NoMoney', message: 'No.', nonRetryable: true, details: [7] });
    expect(toolFailure(activityFailure(ApplicationFailure.create({ message: 'No.' })))).toMatchObject({
      type: 'ToolFailed',
    });
    expect(toolFailure(activityFailure(timeout))).toMatchObject({ type: 'ToolFailed' });
    const cancelled = activityFailure(new CancelledFailure('c'));
    expect(toolFailure(cancelled)).toBe(cancelled);
  });
});

describe('outputs', () => {
  it('cut errors that are too long', () => {
    expect(errorOutput('x'.repeat(5000)).value).toHaveLength(2002);
    expect(errorOutput('short')).toEqual({ type: 'error', value: 'short' });
  });

  it('tell text, files and values apart', () => {
    expect(replyOutput('hi')).toEqual({ type: 'text', value: 'hi' });
    const parts = [
      { type: 'text', text: 'hi' },
      { type: 'file', mediaType: 'image/png', data: 'AA' },
    ];
    expect(replyOutput(parts)).toEqual({ type: 'content', value: parts });
    for (const value of [[], [{ type: 'file', data: 'AA' }], [{ type: 'text' }], [1], [null], { a: 1 }])
      expect(replyOutput(value)).toEqual({ type: 'json', value });
  });

  it('take only text for what was said aloud', () => {
    const content = [
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ] as const;
    expect(textOf({ role: 'assistant', content })).toBe('ab');
  });
});
