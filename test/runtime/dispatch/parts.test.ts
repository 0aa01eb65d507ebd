import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Payload } from '../../../src/core/proto.ts';
import { AsyncQueue } from '../../../src/runtime/dispatch/async-queue.ts';
import { Heartbeats } from '../../../src/runtime/dispatch/heartbeats.ts';
import { PollLoops } from '../../../src/runtime/dispatch/poll-loops.ts';
import { sleepUntil, withRetry } from '../../../src/runtime/dispatch/rpc.ts';
import { createSlotPool } from '../../../src/runtime/dispatch/slot-pools.ts';
import type { Slot } from '../../../src/runtime/dispatch/slots.ts';
import { deploymentOptionsOf, pollVersionOf, versionStampOf } from '../../../src/runtime/dispatch/versioning.ts';
import { fromStatus, invalidArgument, isMessageTooLarge, unavailable } from '../../../src/runtime/errors.ts';
import { VirtualClock } from '../../../src/runtime/virtual-clock.ts';

const never = new AbortController().signal;
const closed = (): Error => new Error('closed');
const log = { debug: () => undefined, warn: () => undefined };

describe('a queue', () => {
  it('hands over in order, to those who wait and to those who come later', async () => {
    const queue = new AsyncQueue<number>();
    const first = queue.take();
    queue.push(1);
    queue.push(2);
    expect([await first, await queue.take()]).toEqual([1, 2]);
  });

  it('is emptied before its end is told', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.close(closed);
    queue.close(closed);
    expect(queue.isClosed).toBe(true);
    expect(await queue.take()).toBe(1);
    await expect(queue.take()).rejects.toThrow('closed');
    const other = new AsyncQueue<number>();
    const waiting = other.take();
    other.close(closed);
    await expect(waiting).rejects.toThrow('closed');
  });
});

describe('slots', () => {
  const context = { slotType: 'activity', taskQueue: 'tq', workerIdentity: 'me', deploymentVersion: null } as const;
  const surroundings = { clock: new VirtualClock(), log, resources: undefined };

  it('are bounded, and given to whoever waits', async () => {
    const pool = createSlotPool({ type: 'fixed-size', numSlots: 3 }, context, surroundings, 1);
    expect(pool.limit).toBe(1);
    const first = await pool.acquire(false, never);
    expect(pool.tryAcquire(false)).toBeUndefined();
    const waiting = pool.acquire(false, never);
    first.release();
    first.release();
    const second = await waiting;
    second.markUsed({ type: 'activity', activityType: 'a' });
    second.release();
    expect(pool.tryAcquire(false)).toBeDefined();
  });

  it('need not be waited for for ever', async () => {
    const pool = createSlotPool({ type: 'fixed-size', numSlots: 1 }, context, surroundings);
    pool.tryAcquire(false);
    const abort = new AbortController();
    const waiting = pool.acquire(false, abort.signal);
    abort.abort();
    await expect(waiting).rejects.toThrow('Gave up');
    await expect(pool.acquire(false, abort.signal)).rejects.toThrow('Gave up');
  });

  it('may be supplied by others', async () => {
    const calls: string[] = [];
    const pool = createSlotPool(
      {
        type: 'custom',
        reserveSlot: (asked) => Promise.resolve({ asked }),
        tryReserveSlot: (asked) => (asked.isSticky ? {} : null),
        markSlotUsed: () => void calls.push('used'),
        releaseSlot: ({ slotInfo }) => void calls.push(`released ${slotInfo?.type}`),
      },
      context,
      surroundings,
    );
    expect(pool.limit).toBeUndefined();
    expect(pool.tryAcquire(false)).toBeUndefined();
    pool.tryAcquire(true)?.release();
    const slot = await pool.acquire(true, never);
    slot.markUsed({ type: 'activity', activityType: 'a' });
    slot.release();
    slot.release();
    expect(calls).toEqual(['released undefined', 'used', 'released activity']);
  });
});

describe('a custom supplier', () => {
  const context = { slotType: 'workflow', taskQueue: 'tq', workerIdentity: 'me', deploymentVersion: null } as const;

  it('that fails is asked again after a second, and for no more than the cache holds', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    clock.unlock();
    const warnings: string[] = [];
    const asked: number[] = [];
    const pool = createSlotPool(
      {
        type: 'custom',
        reserveSlot: () => {
          asked.push(clock.now());
          return asked.length < 3 ? Promise.reject(new Error('not now')) : Promise.resolve({});
        },
        tryReserveSlot: () => ({}),
        markSlotUsed: () => undefined,
        releaseSlot: () => undefined,
      },
      context,
      { clock, log: { ...log, warn: (message) => void warnings.push(message) }, resources: undefined },
      2,
    );
    const first = await pool.acquire(false, never);
    expect(asked).toEqual([0, 1000, 2000]);
    expect(warnings).toHaveLength(2);
    expect(pool.tryAcquire(true)).toBeDefined();
    expect(pool.tryAcquire(true)).toBeUndefined();
    expect(pool.limit).toBe(2);
    const waiting = pool.acquire(false, never);
    expect(asked).toHaveLength(3);
    first.release();
    await waiting;
    const abort = new AbortController();
    const vain = pool.acquire(false, abort.signal);
    abort.abort();
    await expect(vain).rejects.toThrow('Gave up');
    expect(asked).toHaveLength(4);
  });
});

describe('calls', () => {
  let clock: VirtualClock;
  beforeEach(() => {
    clock = new VirtualClock();
    clock.unlock();
  });

  it('are repeated while that may help', async () => {
    let calls = 0;
    const flaky = () => (++calls < 3 ? Promise.reject(unavailable('later')) : Promise.resolve('done'));
    expect(await withRetry(clock, flaky)).toBe('done');
    await expect(withRetry(clock, () => Promise.reject(invalidArgument('no')))).rejects.toThrow('no');
    await expect(withRetry(clock, () => Promise.reject(unavailable('ever')))).rejects.toThrow('ever');
  });

  it('are not repeated when they are too large', () => {
    expect(
      isMessageTooLarge(fromStatus({ code: 8, message: 'grpc: received message larger than max', details: [] })),
    ).toBe(true);
    expect(isMessageTooLarge(unavailable('x'))).toBe(false);
  });

  it('wait no longer than they have to', async () => {
    const abort = new AbortController();
    const sleeping = sleepUntil(new VirtualClock(), Infinity, abort.signal);
    abort.abort();
    await sleeping;
    await sleepUntil(clock, Infinity, abort.signal);
  });
});

describe('heartbeats', () => {
  const details = (text: string): Payload[] => [{ data: Buffer.from(text) }];

  it('are sent at once, then no more often than the interval, the latest first', async () => {
    const clock = new VirtualClock({ startTime: 0 });
    const sent: string[] = [];
    const heartbeats = new Heartbeats(clock, 100, ([first]) => {
      sent.push(`${clock.now()} ${Buffer.from(first?.data ?? []).toString()}`);
      return Promise.resolve();
    });
    for (const text of ['a', 'b', 'c']) heartbeats.record(details(text));
    await clock.sleep(250);
    expect(sent).toEqual(['0 a', '100 c']);
    heartbeats.record(details('d'));
    heartbeats.record(details('e'));
    await heartbeats.close(true);
    heartbeats.record(details('f'));
    expect(sent).toEqual(['0 a', '100 c', '250 d', '250 e']);
  });
});

describe('polling', () => {
  it('goes on after failures, and scales as the server suggests', async () => {
    let polls = 0;
    let most = 0;
    const delivered: number[] = [];
    const slot: Slot = { markUsed: () => undefined, release: () => undefined };
    const clock = new VirtualClock();
    clock.unlock();
    const loops: PollLoops<number> = new PollLoops<number>({
      name: 'things',
      behavior: { type: 'autoscaling', minimum: 1, initial: 1, maximum: 3 },
      clock,
      log,
      acquire: (signal) => (signal.aborted ? Promise.reject(closed()) : Promise.resolve(slot)),
      poll: async (signal) => {
        polls++;
        most = Math.max(most, loops.active);
        if (polls === 1) throw unavailable('not yet');
        await delay(5, undefined, { signal });
        return { task: polls < 10 ? polls : undefined, scaleBy: polls < 5 ? 2 : -1 };
      },
      deliver: (task) => void delivered.push(task),
    });
    loops.start();
    await expect.poll(() => polls).toBeGreaterThan(12);
    await loops.stop();
    expect(delivered.length).toBeGreaterThan(3);
    expect(most).toBeGreaterThan(1);
    expect(loops.active).toBe(0);
  });
});

describe('a worker’s version', () => {
  const plain = { deploymentName: '', buildId: 'b', useVersioning: true, defaultBehavior: 0 };

  it('is told in the older or the newer fields', () => {
    expect(deploymentOptionsOf(plain)).toBeNull();
    expect(versionStampOf(plain)).toEqual({ buildId: 'b', useVersioning: true });
    const named = { ...plain, deploymentName: 'd' };
    expect(deploymentOptionsOf(named)).toEqual({ deploymentName: 'd', buildId: 'b', workerVersioningMode: 2 });
    expect(deploymentOptionsOf({ ...named, useVersioning: false })?.workerVersioningMode).toBe(1);
    expect(pollVersionOf(named).workerVersionCapabilities).toEqual({ buildId: 'b', useVersioning: false });
  });
});
