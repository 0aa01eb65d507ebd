import { afterEach, describe, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.ts';
import { Bench, commands } from './harness.ts';

describe('changes of runs', () => {
  let bench: Bench;
  afterEach(() => bench.close());

  it('give others time when they meet again and again', async () => {
    bench = await Bench.open();
    await bench.start('w');
    let tries = 0;
    bench.store.trouble = () => (tries++ < 12 ? 'conflict' : undefined);
    const start = performance.now();
    await bench.signal('w', 's');
    expect(performance.now() - start).toBeGreaterThan(100);
    bench.store.trouble = () => (tries++ < Infinity ? 'conflict' : undefined);
    tries = 0;
    await expect(bench.signal('w', 's')).rejects.toMatchObject({ code: 14 });
    expect(tries).toBeLessThan(30);
  });

  it('are true even when somebody cannot bear to hear of them', async () => {
    const clock = new VirtualClock();
    bench = await Bench.openAt(clock);
    const schedule = vi.spyOn(clock, 'schedule');
    await bench.start('parent');
    const task = await bench.poll();
    schedule.mockImplementation(() => {
      throw new RangeError('no more alarms');
    });
    // The alarm is set before the effect is looked at.
    const answer = [commands.timer('t', 1000), commands.child('child')];
    await expect(bench.complete(task, answer)).resolves.toMatchObject({});
    await expect.poll(() => bench.types('child')).toContain('WorkflowExecutionStarted');
    expect(bench.errors).toContainEqual(new RangeError('no more alarms'));
    schedule.mockRestore();
    expect(await bench.types('parent')).toContain('TimerStarted');
  });
});
