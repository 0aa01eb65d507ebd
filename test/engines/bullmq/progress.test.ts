import { describe, expect, test } from 'vitest';
import type { PendingActivity } from '../../../src/core/record.ts';
import { runProgress } from '../../../src/engines/bullmq/progress.ts';
import { exampleRecord } from '../../../testing/conformance/store/examples.ts';

const atRest = { nextEventId: 8, previousStartedEventId: 3, workflowTask: undefined, closeTime: undefined };
const none = { activities: new Map(), children: new Map(), timers: new Map() };

function activity(activityType: string, attempt = 1): PendingActivity {
  return { activityType, attempt } as PendingActivity;
}

describe('progress of a run', () => {
  test('says what it waits for', () => {
    const activities = new Map([
      [5, activity('charge', 3)],
      [6, activity('mail')],
    ]);
    const timers = new Map([['1', { timerId: '1', startedEventId: 7, fireAt: 1 }]]);
    expect(runProgress(exampleRecord('w', { ...atRest, ...none, activities, timers }))).toEqual({
      events: 7,
      waitsFor: ['activity charge, attempt 3', 'activity mail', 'timer'],
    });
  });

  test('stays short', () => {
    const activities = new Map(Array.from({ length: 1000 }, (_, index) => [index, activity('mail')] as const));
    const progress = runProgress(exampleRecord('w', { ...atRest, ...none, activities }));
    expect(progress).toMatchObject({ waitsFor: { length: 5 }, andMore: 995 });
  });

  test('is left as it was while there is something to do, and at the end', () => {
    const workflowTask = { attempt: 1 } as NonNullable<ReturnType<typeof exampleRecord>['workflowTask']>;
    expect(runProgress(exampleRecord('w', { ...atRest, ...none, workflowTask }))).toBeUndefined();
    expect(runProgress(exampleRecord('w', { ...atRest, ...none, closeTime: 1 }))).toBeUndefined();
    const failing = exampleRecord('w', { ...atRest, ...none, workflowTask, workflowTaskAttempt: 4 });
    expect(runProgress(failing)).toEqual({ events: 7, waitsFor: ['workflow task'], failedTasks: 3 });
  });
});
