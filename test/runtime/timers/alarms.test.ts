import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import { startRun } from '../../../src/core/run/start.ts';
import { Alarms } from '../../../src/runtime/timers/alarms.ts';
import { ManualClock } from '../manual-clock.ts';

const attributes = { workflowType: { name: 'type' }, taskQueue: { name: 'work' } };
const { record } = startRun(
  { namespace: 'default', workflowId: 'w', runId: 'r', requestId: 'q', attributes },
  Date.UTC(2030, 0, 1),
);
const withTimers = (runId: string, ...times: readonly number[]): RunRecord => ({
  ...record,
  runId,
  timers: new Map(
    times.map((fireAt, index) => [`${index}`, { timerId: `${index}`, startedEventId: index + 5, fireAt }]),
  ),
});

describe('alarms', () => {
  let clock: ManualClock;
  let rings: { readonly runId: string; readonly at: number }[];
  let alarms: Alarms;
  beforeEach(() => {
    clock = new ManualClock(0);
    rings = [];
    alarms = new Alarms(
      clock,
      async ({ runId }) => {
        rings.push({ runId, at: clock.now() });
      },
      () => undefined,
    );
  });

  it('never miss a deadline, and ring at most once for each that was set', () => {
    const change = fc.record({
      run: fc.constantFrom('a', 'b'),
      times: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 3 }),
      ms: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const time = new ManualClock(0);
        const deadlines = new Map<string, number>();
        let count = 0;
        const tested = new Alarms(
          time,
          async ({ runId }) => {
            count++;
            const at = deadlines.get(runId);
            if (at === undefined) return;
            if (at <= time.now()) deadlines.delete(runId);
            // Too early: whoever heeds the alarm looks at the run again.
            else tested.set(withTimers(runId, at));
          },
          () => undefined,
        );
        for (const { run, times, ms } of changes) {
          const later = times.map((each) => each + time.now());
          if (later.length === 0) deadlines.delete(run);
          else deadlines.set(run, Math.min(...later));
          tested.set(withTimers(run, ...later));
          time.advance(ms);
          for (const [, at] of deadlines) expect(at).toBeGreaterThan(time.now());
        }
        expect(count).toBeLessThanOrEqual(changes.length * 2);
        tested.clear();
        expect(time.pending).toBe(0);
      }),
    );
  });

  it('ring again when the ringing failed', async () => {
    const reported: unknown[] = [];
    let failures = 2;
    alarms = new Alarms(
      clock,
      async () => {
        if (failures-- > 0) throw new Error('full');
        rings.push({ runId: 'a', at: clock.now() });
      },
      (error) => reported.push(error),
    );
    alarms.set(withTimers('a', 10));
    for (let seconds = 0; seconds < 5; seconds++) {
      clock.advance(1000);
      await turn();
    }
    expect(reported).toHaveLength(2);
    expect(rings).toHaveLength(1);
  });

  it('of a run that has closed are called off', () => {
    alarms.set(withTimers('a', 10));
    alarms.set({ ...withTimers('a', 10), closeTime: 1 });
    expect(clock.pending).toBe(0);
    clock.advance(100);
    expect(rings).toEqual([]);
  });

  it('are not set any more once all were called off', () => {
    alarms.clear();
    alarms.set(withTimers('a', 10));
    expect(clock.pending).toBe(0);
  });
});
