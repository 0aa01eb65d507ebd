// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { durationMs, toDuration } from '../../../src/core/proto.ts';
import type { NewRun } from '../../../src/core/run/start.ts';
import { boundTimeouts, explicitTimeouts, startRun } from '../../../src/core/run/start.ts';

const ms = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000 }));
const timeouts = fc.record({
  workflowExecutionTimeout: ms.map(toDuration),
  workflowRunTimeout: ms.map(toDuration),
  workflowTaskTimeout: ms.map(toDuration),
});
const run: NewRun = {
  namespace: 'default',
  workflowId: 'w',
  runId: 'r',
  requestId: 'q',
  attributes: { workflowType: { name: 'type' }, taskQueue: { name: 'work' } },
};

describe('timeouts of a new run', () => {
  test('fit into each other: a task into its run, a run into its execution', () => {
    fc.assert(
      fc.property(timeouts, (asked) => {
        const bound = boundTimeouts(asked);
        const execution = durationMs(asked.workflowExecutionTimeout);
        const bounded = durationMs(bound.workflowRunTimeout);
        const task = durationMs(bound.workflowTaskTimeout);
        if (execution > 0) expect(bounded).toBeGreaterThan(0);
        if (execution > 0) expect(bounded).toBeLessThanOrEqual(execution);
        if (bounded > 0) expect(task).toBeLessThanOrEqual(bounded);
        expect(task).toBeGreaterThan(0);
        expect(task).toBeLessThanOrEqual(120_000);
        expect(durationMs(explicitTimeouts(asked).workflowRunTimeout)).toBe(bounded);
        expect(boundTimeouts({ ...asked, ...bound })).toEqual(bound);
      }),
    );
  });

  test('end the run by the end of its chain', () => {
    fc.assert(
      fc.property(timeouts, ms, fc.option(ms, { nil: undefined }), (asked, delay, left) => {
        const now = 1_900_000_000_000;
        const { record, events } = startRun(
          {
            ...run,
            ...(left === undefined ? {} : { executionDeadline: left && now + left }),
            attributes: { ...run.attributes, ...asked, firstWorkflowTaskBackoff: toDuration(delay) },
          },
          now,
        );
        expect(validateHistory(events)).toEqual([]);
        expect(record.executionTime).toBe(now + delay);
        expect(record.workflowTask !== undefined).toBe(delay === 0);
        if (record.executionDeadline > 0 && record.runDeadline > 0) {
          expect(record.runDeadline).toBeLessThanOrEqual(record.executionDeadline);
        }
      }),
    );
  });
});
