// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { toDuration, toNumber } from '../../../src/core/proto.ts';
import { decodeRecord, encodeRecord } from '../../../src/core/record-codec.ts';
import { nextDeadline } from '../../../src/core/run/due.ts';
import { isPaused } from '../../../src/core/run/paused.ts';
import { thawed } from './frozen.ts';
import { commandKinds } from './random-commands.ts';
import { happenings, openIn, Simulation } from './simulation.ts';
import type { Step } from './simulation.ts';

const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...happenings),
  pick,
  ms: fc.oneof(
    { weight: 20, arbitrary: fc.constant(0) },
    { weight: 10, arbitrary: fc.integer({ min: 0, max: 1000 }) },
    { weight: 1, arbitrary: fc.constant(12_000) },
  ),
  commands: fc.array(fc.record({ kind: fc.constantFrom(...commandKinds), pick }), { maxLength: 4 }),
});
const steps = fc.array(step, { minLength: 5, maxLength: 120, size: 'max' });
const attributes = fc.record({
  workflowRunTimeout: fc.constantFrom(null, toDuration(60_000)),
  workflowExecutionTimeout: fc.constantFrom(null, toDuration(90_000)),
  retryPolicy: fc.constantFrom(null, { initialInterval: toDuration(1000), backoffCoefficient: 2, maximumAttempts: 3 }),
  firstWorkflowTaskBackoff: fc.constantFrom(null, toDuration(5000)),
});

function examine(simulation: Simulation): void {
  const { record, history, now } = simulation;
  expect(validateHistory(history)).toEqual([]);
  expect(history.map(({ eventId }) => toNumber(eventId))).toEqual(history.map((_, index) => index + 1));
  expect(record.nextEventId).toBe(history.length + 1);
  const next = nextDeadline(record, now);
  if (record.closeTime !== undefined) expect(next).toBeUndefined();
  else if (next !== undefined) expect(next).toBeGreaterThanOrEqual(now);
  if (isPaused(record)) {
    expect(record.pause).toBeDefined();
    if (record.workflowTask !== undefined) expect(record.workflowTask.startedEventId).toBeGreaterThan(0);
  } else expect(record.pause).toBeUndefined();
  if (record.workflowTask === undefined) expect(record.buffered).toEqual([]);
  if (record.closeTime === undefined) {
    const waiting = openIn(record.buffered, 'timer');
    expect(waiting).toEqual([]);
    const fired = record.buffered.map((event) => toNumber(event.timerFiredEventAttributes?.startedEventId));
    const timers = openIn(history, 'timer').filter((id) => !fired.includes(id));
    expect([...record.timers.values()].map((timer) => timer.startedEventId)).toEqual(timers);
    const ended = new Set(
      record.buffered.flatMap((event) =>
        Object.entries(event).flatMap(([key, value]) =>
          /^activityTask(Completed|Failed|TimedOut|Canceled)/.test(key)
            ? [toNumber((value as { scheduledEventId: number }).scheduledEventId)]
            : [],
        ),
      ),
    );
    expect([...record.activities.keys()]).toEqual(openIn(history, 'activity').filter((id) => !ended.has(id)));
  }
}

describe('whatever happens to a run', () => {
  test('its history is valid, its record agrees with it, and drafts leave the stored record alone', () => {
    fc.assert(
      fc.property(attributes, steps, (more, script) => {
        const simulation = new Simulation(more);
        for (const each of script) if (simulation.step(each)) examine(simulation);
        assert.deepStrictEqual(decodeRecord(encodeRecord(simulation.record)), thawed(simulation.record));
        for (const { record, events } of simulation.successors) {
          expect(validateHistory(events)).toEqual([]);
          expect(record.firstRunId).toBe(simulation.record.firstRunId);
          expect(simulation.record.nextRunId).toBe(record.runId);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('once its time has come nothing stays due', () => {
    fc.assert(
      fc.property(attributes, steps, fc.integer({ min: 1, max: 200_000 }), (more, script, ms) => {
        const simulation = new Simulation(more);
        for (const each of script) simulation.step(each);
        simulation.step({ what: 'wait', pick: 0, ms, commands: [] });
        const next = nextDeadline(simulation.record, simulation.now);
        expect(next === undefined || next > simulation.now).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});
