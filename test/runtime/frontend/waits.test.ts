import { expect, test } from 'vitest';
import { Waits } from '../../../src/runtime/frontend/waits.ts';
import { ManualClock } from '../manual-clock.ts';

test('a wait that begins when nobody is left to answer is over at once, and leaves no timer', () => {
  const clock = new ManualClock();
  const waits = new Waits(clock);
  const before = waits.begin(1000, undefined);
  waits.close();
  const after = waits.begin(1000, undefined);
  expect([before.signal.aborted, after.signal.aborted]).toEqual([true, true]);
  before.done();
  after.done();
  expect(clock.pending).toBe(0);
});
