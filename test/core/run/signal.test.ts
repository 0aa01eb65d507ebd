import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import { RunDraft } from '../../../src/core/run/draft.ts';
import { isNewRequest, signalRun } from '../../../src/core/run/signal.ts';
import { freezeDeep } from './frozen.ts';
import { Simulation } from './simulation.ts';

describe('request ids', () => {
  test('are remembered up to 10,000, the oldest are forgotten', () => {
    const { record } = new Simulation();
    const draft = new RunDraft(record, 1, 0);
    for (let count = 0; count < 10_001; count++) isNewRequest(draft, `${count}`);
    expect(draft.record.requestIds.size).toBe(10_000);
    expect(['1', '10000', '0'].map((id) => isNewRequest(draft, id))).toEqual([false, false, true]);
  });

  test('are those of committed signals only', () => {
    const { record } = new Simulation();
    const stored: RunRecord = freezeDeep(record);
    signalRun(new RunDraft(stored, 1, 0), { signalName: 's' }, 'r');
    expect(stored.requestIds.size).toBe(0);
  });
});

test('what happens while a task is out is no older than the task, whatever clock it was seen by', () => {
  const { record } = new Simulation();
  const { workflowTask } = record;
  if (workflowTask === undefined) throw new Error('a run begins with a task');
  // A task that is tried again: its started event comes with its end.
  const taken = { ...workflowTask, attempt: 2, startedEventId: record.nextEventId, startedTime: 5000 };
  const draft = new RunDraft({ ...record, workflowTask: taken }, 1, 4000);
  signalRun(draft, { signalName: 's' }, 'r');
  expect(draft.record.buffered.map(({ eventTime }) => Number(eventTime?.seconds))).toEqual([5]);
});

test('a run takes 10,000 signals', () => {
  const draft = new RunDraft({ ...new Simulation().record, signalCount: 9_999 }, 1, 0);
  signalRun(draft, { signalName: 's' }, 'last');
  expect(() => signalRun(draft, { signalName: 's' }, 'one more')).toThrow(
    'exceeded workflow execution limit for signal events',
  );
  expect(() => signalRun(draft, { signalName: 's' }, 'last')).not.toThrow();
});
