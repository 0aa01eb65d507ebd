import { setTimeout as delay } from 'node:timers/promises';
import { array, assert, asyncProperty, boolean, integer, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/runtime/virtual-clock.ts';

const DAY = 86_400_000;

function turns(count: number): Promise<void> {
  return count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));
}

describe('a virtual clock', () => {
  it('stands still until somebody waits, then jumps', async () => {
    const clock = new VirtualClock({ startTime: 1000 });
    let firedAt = 0;
    clock.schedule(1000 + DAY, () => (firedAt = clock.now()));
    await turns(20);
    expect(firedAt).toBe(0);
    const lock = clock.unlock();
    await turns(20);
    expect(firedAt).toBe(1000 + DAY);
    lock();
    clock.schedule(clock.now() + 1, () => (firedAt = -1));
    await turns(20);
    expect(firedAt).toBe(1000 + DAY);
  });

  it('fires what is due soon, but never synchronously', async () => {
    const clock = new VirtualClock({ startTime: 1000 });
    let fired = false;
    clock.hold('workflowTask');
    clock.schedule(1000, () => (fired = true));
    expect(fired).toBe(false);
    await turns(3);
    expect(fired).toBe(true);
  });

  it('does not skip while it is held', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    let fired = false;
    const release = clock.hold();
    clock.unlock();
    clock.schedule(DAY, () => (fired = true));
    await turns(20);
    expect(fired).toBe(false);
    release();
    release();
    await turns(20);
    expect(fired).toBe(true);
  });

  it('lets work that does not end run into its timeout in real time', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    clock.hold();
    clock.unlock();
    const start = performance.now();
    await new Promise<void>((resolve) => clock.schedule(50, resolve));
    expect(performance.now() - start).toBeGreaterThan(45);
    expect(clock.now()).toBe(50);
  });

  it('sleeps past activities, but not past workflow tasks', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    clock.hold('activity');
    await clock.sleep(DAY);
    expect(clock.now()).toBe(DAY);
    const release = clock.hold('workflowTask');
    let slept = false;
    const sleeping = clock.sleep(DAY).then(() => (slept = true));
    await turns(20);
    expect(slept).toBe(false);
    release();
    await sleeping;
    expect(clock.now()).toBe(2 * DAY);
  });

  it('lets what a timer sets off start its work before it goes on', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    const seen: number[] = [];
    const work = async (): Promise<void> => {
      await turns(2);
      const release = clock.hold('workflowTask');
      await delay(5);
      clock.schedule(20, () => seen.push(clock.now()));
      release();
    };
    clock.schedule(10, () => void work());
    clock.schedule(DAY, () => seen.push(clock.now()));
    await clock.sleep(DAY);
    expect(seen).toEqual([20, DAY]);
  });

  it('fires timers in the order of their times, ties in the order of their making, and none that was called off', async () => {
    const plan = array(record({ at: integer({ min: 0, max: 20 }), cancelled: boolean() }), {
      maxLength: 30,
    });
    await assert(
      asyncProperty(plan, async (timers) => {
        const clock = new VirtualClock({ startTime: 0 });
        const fired: { at: number; index: number; now: number }[] = [];
        for (const [index, { at, cancelled }] of timers.entries()) {
          const cancel = clock.schedule(at, () => fired.push({ at, index, now: clock.now() }));
          if (cancelled) cancel();
        }
        await clock.sleep(20);
        const expected = timers
          .flatMap(({ at, cancelled }, index) => (cancelled ? [] : [{ at, index, now: at }]))
          .toSorted((a, b) => a.at - b.at || a.index - b.index);
        expect(fired).toEqual(expected);
        expect(clock.now()).toBe(20);
      }),
      { numRuns: 50 },
    );
  });
});
