import { ResourceBasedController } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { ResourceController, type ResourceUsage } from '../../../src/runtime/dispatch/resource-controller.ts';
import { controllerOf, watchControllers } from '../../../src/runtime/dispatch/resource-controllers.ts';
import { createSlotPool } from '../../../src/runtime/dispatch/slot-pools.ts';
import type { Slot, SlotContext, SlotPool } from '../../../src/runtime/dispatch/slots.ts';
import { createSystemUsage, systemUsage, type SystemSource } from '../../../src/runtime/dispatch/system-usage.ts';
import { extractNativeController } from '../../../src/official.ts';
import { VirtualClock } from '../../../src/runtime/virtual-clock.ts';

const never = new AbortController().signal;

describe('the controller', () => {
  const decide = (targets: ResourceUsage, readings: readonly ResourceUsage[]): boolean[] => {
    const left = [...readings];
    const controller = new ResourceController(targets, () => left.shift() ?? { memory: 0, cpu: 0 });
    return readings.map(() => controller.hasRoom());
  };

  it('has room as long as both are far enough below their targets', () => {
    const still = (memory: number, cpu: number): boolean[] =>
      decide({ memory: 0.8, cpu: 0.9 }, [
        { memory, cpu },
        { memory, cpu },
      ]);
    expect(still(0.7, 0.8)).toEqual([true, true]);
    // Five times the distance has to be more than 0.25 of memory, and more than 0.05 of CPU.
    expect(still(0.76, 0.1)).toEqual([false, false]);
    expect(still(0.1, 0.895)).toEqual([false, false]);
    expect(still(0.85, 0.1)).toEqual([false, false]);
  });

  it('has less room while usage rises, and more while it falls', () => {
    const targets = { memory: 1, cpu: 0.9 };
    const at = (cpu: number): ResourceUsage => ({ memory: 0.1, cpu });
    // A rise by 0.5 outweighs that 0.05 are left; the next reading is still there.
    expect(decide(targets, [at(0.35), at(0.85), at(0.85)])).toEqual([true, false, true]);
    expect(decide(targets, [at(0.99), at(0.895)])).toEqual([false, true]);
  });

  it('never has room with more memory in use than the target', () => {
    expect(
      decide({ memory: 0.5, cpu: 1 }, [
        { memory: 0.95, cpu: 0 },
        { memory: 0.51, cpu: 0 },
      ]),
    ).toEqual([false, false]);
  });
});

describe('slots by resources', () => {
  const context = { taskQueue: 'tq', workerIdentity: 'me', deploymentVersion: null } as const;
  const log = { debug: () => undefined, warn: () => undefined };

  function setUp(
    bounds: { minimumSlots: number; maximumSlots: number; rampThrottle: number },
    slotType: SlotContext['slotType'] = 'activity',
    cap?: number,
  ): { pool: SlotPool; clock: VirtualClock; use: (memory: number) => void } {
    let memory = 0;
    const clock = new VirtualClock({ startTime: 1000 });
    clock.unlock();
    const resources = new ResourceController({ memory: 0.8, cpu: 1 }, () => ({ memory, cpu: 0 }));
    const pool = createSlotPool(
      { type: 'resource-based', ...bounds },
      { ...context, slotType },
      { clock, log, resources },
      cap,
    );
    return { pool, clock, use: (share) => (memory = share) };
  }

  it('are given out up to the least number whatever is in use, then while there is room, up to the greatest', () => {
    const { pool, use } = setUp({ minimumSlots: 2, maximumSlots: 4, rampThrottle: 0 });
    const take = (): Slot | undefined => pool.tryAcquire(false);
    use(0.9);
    expect([take(), take(), take()].map((slot) => slot !== undefined)).toEqual([true, true, false]);
    use(0.1);
    const third = take();
    expect([third, take(), take()].map((slot) => slot !== undefined)).toEqual([true, true, false]);
    third?.release();
    third?.release();
    expect(take()).toBeDefined();
    expect(take()).toBeUndefined();
  });

  it('follow one another no faster than the throttle says, but for the first ones', async () => {
    const { pool, clock } = setUp({ minimumSlots: 1, maximumSlots: 9, rampThrottle: 50 });
    const times: number[] = [];
    for (let count = 0; count < 4; count++) {
      await pool.acquire(false, never);
      times.push(clock.now() - 1000);
    }
    expect(times).toEqual([0, 50, 100, 150]);
    expect(pool.tryAcquire(false)).toBeUndefined();
  });

  it('are waited for until there is room, until one comes back, or until nobody wants them', async () => {
    const { pool, clock, use } = setUp({ minimumSlots: 1, maximumSlots: 2, rampThrottle: 0 });
    const first = await pool.acquire(false, never);
    use(0.9);
    clock.schedule(1200, () => use(0.1));
    await pool.acquire(false, never);
    expect(clock.now()).toBeGreaterThanOrEqual(1200);
    const waiting = pool.acquire(false, never);
    first.release();
    await waiting;
    const abort = new AbortController();
    const vain = pool.acquire(false, abort.signal);
    abort.abort();
    await expect(vain).rejects.toThrow('Gave up');
  });

  it('leave no kind of workflow poll without one, but never are more than the cache holds', () => {
    const { pool, use } = setUp({ minimumSlots: 0, maximumSlots: 100, rampThrottle: 0 }, 'workflow', 3);
    use(0.9);
    const normal = pool.tryAcquire(false);
    expect(normal).toBeDefined();
    expect(pool.tryAcquire(false)).toBeUndefined();
    expect(pool.tryAcquire(true)).toBeDefined();
    expect(pool.tryAcquire(true)).toBeUndefined();
    use(0);
    expect(pool.tryAcquire(true)).toBeDefined();
    expect(pool.tryAcquire(true)).toBeUndefined();
    expect(pool.limit).toBe(3);
    normal?.release();
    use(0.9);
    expect(pool.tryAcquire(false)).toBeDefined();
  });
});

describe('what is in use', () => {
  const machine = (files: Record<string, string> = {}) => {
    const state = { now: 0, busy: 0, total: 0, free: 600 };
    const source: SystemSource = {
      read: (path) => files[path.replace('/sys/fs/cgroup/', '')],
      memory: () => ({ total: 1000, free: state.free }),
      cpu: () => ({ busy: state.busy, total: state.total }),
      now: () => state.now,
    };
    return { state, source, files };
  };

  it('is that of the machine, read at most every tenth of a second', () => {
    const { state, source } = machine();
    const usage = createSystemUsage(source);
    expect(usage()).toEqual({ memory: 0.4, cpu: 0 });
    Object.assign(state, { now: 99, busy: 25, total: 100, free: 500 });
    expect(usage()).toEqual({ memory: 0.4, cpu: 0 });
    state.now = 100;
    expect(usage()).toEqual({ memory: 0.5, cpu: 0.25 });
  });

  it('is that of the container, where it has limits', () => {
    const { state, source, files } = machine({
      'memory.max': '200\n',
      'memory.stat': 'anon 50\nfile 140\n',
      'cpu.max': '50000 100000\n',
      'cpu.stat': 'usage_usec 1000000\nuser_usec 1\n',
    });
    const usage = createSystemUsage(source);
    expect(usage().memory).toBe(0.25);
    // Of half a processor, 100 ms are 50: 20 of them were used.
    files['cpu.stat'] = 'usage_usec 1020000\nuser_usec 1\n';
    state.now = 100;
    expect(usage().cpu).toBeCloseTo(0.4);
  });

  it('is that of the machine in a container without limits', () => {
    const files = { 'memory.max': 'max\n', 'memory.stat': 'anon 50\n', 'cpu.max': 'max 100000\n', 'cpu.stat': '' };
    const { state, source } = machine(files);
    const usage = createSystemUsage(source);
    Object.assign(state, { now: 100, busy: 90, total: 100 });
    expect(usage()).toEqual({ memory: 0.4, cpu: 0.9 });
  });

  it('is a share on this machine', () => {
    const { memory, cpu } = systemUsage();
    expect(memory).toBeGreaterThan(0);
    expect(memory).toBeLessThan(1);
    expect(cpu).toBeGreaterThanOrEqual(0);
  });
});

describe('a controller of the official SDK', () => {
  it('that is shared by workers is one for all of them', () => {
    const before = ResourceBasedController.create({ targetMemoryUsage: 0.5, targetCpuUsage: 0.5 });
    const official = { create: ResourceBasedController.create.bind(ResourceBasedController) };
    watchControllers(official);
    watchControllers(official);
    const made = official.create({ targetMemoryUsage: 0.5, targetCpuUsage: 0.5 });
    const of = (controller: ResourceBasedController): ResourceController | undefined =>
      controllerOf({ type: 'controller', controller: extractNativeController(controller) as never });
    expect(of(made)).toBeInstanceOf(ResourceController);
    expect(of(made)).toBe(of(made));
    expect(() => of(before)).toThrow('made before an engine was opened');
    expect(controllerOf(null)).toBeUndefined();
  });
});
