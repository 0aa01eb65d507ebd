import proto from '@temporalio/proto';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { toNumber } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { terminateForReset } from '../../../src/core/run/close.ts';
import { RunDraft } from '../../../src/core/run/draft.ts';
import { rebuildRun } from '../../../src/core/run/reset/rebuild.ts';
import { ResetRefused, resetRun } from '../../../src/core/run/reset/reset.ts';
import { startRun } from '../../../src/core/run/start.ts';
import { commandKinds } from './random-commands.ts';
import { happenings, Simulation } from './simulation.ts';
import type { Step } from './simulation.ts';

const { HistoryEvent: HistoryEventMessage } = proto.temporal.api.history.v1;

const pick = fc.nat(50);
const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...happenings.filter((what) => !/pause/.test(what))),
  pick,
  ms: fc.constantFrom(0, 0, 0, 700),
  commands: fc.array(fc.record({ kind: fc.constantFrom(...commandKinds), pick }), { maxLength: 4 }),
});
const steps = fc.array(step, { minLength: 5, maxLength: 60, size: 'max' });
const key = { namespace: 'default', workflowId: 'w', runId: 'reset' };

/** What of a record history tells. */
function told(record: RunRecord): unknown {
  return {
    activities: [...record.activities].map(([id, { activityId, cancelRequestedEventId }]) => ({
      id,
      activityId,
      cancelRequestedEventId,
    })),
    timers: [...record.timers],
    children: [...record.children],
    externals: [...record.externals],
    updates: [...record.updates],
    memo: record.memo?.fields ?? {},
    searchAttributes: record.searchAttributes?.indexedFields ?? {},
    signalCount: record.signalCount,
    cancelRequested: record.cancelRequested,
    nextEventId: record.nextEventId,
    historySizeBytes: record.historySizeBytes,
    previousStartedEventId: record.previousStartedEventId,
    taskQueue: record.taskQueue,
  };
}

test('a record is made from its history as it was made with it', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const simulation = new Simulation();
      for (const each of script) {
        simulation.step(each);
        const { record, history, now } = simulation;
        if (record.closeTime !== undefined || record.buffered.length > 0) continue;
        const rebuilt = rebuildRun(key, 'r', record.runId, history, now);
        expect(told(rebuilt.record)).toEqual(told(record));
        expect(rebuilt.addedBytes).toBe(0);
      }
    }),
    { numRuns: 60 },
  );
});

test('the size of history counts events as they are stored, also those that waited and got their ids late', () => {
  const simulation = new Simulation();
  const script: readonly Partial<Step>[] = [
    { what: 'turn', commands: [{ kind: 'activity', pick: 21 }] },
    { what: 'start task' },
    { what: 'start activity' },
    // Its heartbeat timeout passes while the workflow task is out.
    { what: 'wait', ms: 700 },
    { what: 'answer' },
  ];
  for (const each of script) simulation.step({ what: 'wait', pick: 0, ms: 0, commands: [], ...each });
  const { record, history, now } = simulation;
  expect(history.some((event) => event.activityTaskTimedOutEventAttributes)).toBe(true);
  const sizes = history.map((event) => HistoryEventMessage.encode(event).finish().length);
  expect(record.historySizeBytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  expect(rebuildRun(key, 'r', record.runId, history, now).record.historySizeBytes).toBe(record.historySizeBytes);
});

test('a timer that began before the end of another one with its id was told is there still', () => {
  const simulation = new Simulation();
  const timer = { kind: 'timer', pick: 28 } as const;
  const script: readonly Partial<Step>[] = [
    { what: 'turn', commands: [{ ...timer, pick: 12 }] },
    { what: 'signal' },
    { what: 'start task' },
    // It fires while the task is out.
    { what: 'wait', ms: 1200 },
    { what: 'answer', commands: [timer] },
  ];
  for (const each of script) simulation.step({ what: 'wait', pick: 0, ms: 0, commands: [], ...each });
  const { record, history, now } = simulation;
  expect(record.timers.size).toBe(1);
  expect(rebuildRun(key, 'r', record.runId, history, now).record.timers).toEqual(record.timers);
});

function resetOrRefused(...args: Parameters<typeof resetRun>): RunDraft | undefined {
  try {
    return resetRun(...args);
  } catch (error) {
    if (error instanceof ResetRefused) return undefined;
    throw error;
  }
}

test('wherever a run goes back to, it has a valid history and a task, or it is refused', () => {
  fc.assert(
    fc.property(steps, (script) => {
      const simulation = new Simulation();
      for (const each of script) simulation.step(each);
      const { history, now, record } = simulation;
      for (let point = 2; point <= history.length; point++) {
        const [kept, dropped] = [history.slice(0, point - 1), history.slice(point - 1)];
        const reapplied = { signals: true, updates: true };
        const what = { key, requestId: 'r', baseRunId: record.runId, kept, dropped, reapplied, reason: 'why' };
        const draft = resetOrRefused(what, now);
        if (draft === undefined) continue;
        expect(validateHistory(draft.events)).toEqual([]);
        expect(draft.events.map(({ eventId }) => toNumber(eventId))).toEqual(draft.events.map((_, index) => index + 1));
        expect(draft.record.workflowTask?.startedEventId).toBe(0);
        expect(draft.record.nextEventId).toBe(draft.events.length + 1);
      }
    }),
    { numRuns: 40 },
  );
});

test('who waits for a run that a reset ends waits for the one that goes on, unless that is of another chain', () => {
  const child = startRun(
    {
      namespace: 'default',
      workflowId: 'w',
      runId: 'child',
      requestId: 'r',
      attributes: { workflowType: { name: 'type' }, taskQueue: { name: 'work' } },
      parent: { namespace: 'default', workflowId: 'parent', runId: 'parent', initiatedEventId: 5 },
    },
    0,
  ).record;
  const effectsOf = (base: RunRecord): string[] => {
    const draft = new RunDraft(child, 1, 1);
    terminateForReset(draft, 'why', new RunDraft(base, 1, 1));
    return draft.record.effects.map(({ kind }) => kind);
  };
  expect(effectsOf({ ...child, runId: 'before', nextRunId: 'child' })).toEqual([]);
  expect(effectsOf({ ...child, runId: 'other', firstRunId: 'other' })).toEqual(['notifyParent']);
});
