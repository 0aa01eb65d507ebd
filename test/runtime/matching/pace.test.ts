import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TaskQueues } from '../../../src/runtime/matching/task-queues.ts';
import type { QueuedTask, TaskQueuesOptions } from '../../../src/runtime/matching/task-queues.ts';
import { localTurns } from '../../../src/runtime/matching/turns.ts';
import { ManualClock } from '../manual-clock.ts';

const name = { namespace: 'default', name: 'q', type: 'activity' } as const;

/** A queue, its workers, and what they took. */
class Scene {
  readonly clock = new ManualClock();
  readonly taken: string[] = [];
  readonly kept: string[] = [];
  readonly errors: unknown[] = [];
  readonly queues: TaskQueues;

  constructor(options: TaskQueuesOptions = {}) {
    this.queues = new TaskQueues({
      wallClock: this.clock,
      onKept: (_, { id }) => this.kept.push(id),
      onError: (error) => this.errors.push(error),
      ...options,
    });
  }

  task(id: string): QueuedTask {
    const run = { namespace: 'default', workflowId: id, runId: id };
    return { kind: 'activity', id, run, scheduledEventId: 1, attempt: 1 };
  }

  offer(count: number): void {
    for (let id = 0; id < count; id++) this.queues.offer(name, this.task(`${id}`));
  }

  poll(ratePerSecond: number, signal: AbortSignal = new AbortController().signal): void {
    const polled = this.queues.poll(name, signal, { identity: 'reader', buildId: '', ratePerSecond });
    void polled.then((task) => task && this.taken.push(task.id));
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    for (let count = 0; count < 3; count++) await turn();
  }
}

describe('a queue whose turns nobody can give', () => {
  it('says why, once for each reason, and goes on when there are turns again', async () => {
    let trouble: string | undefined = 'away';
    const reserveTurn = async (): Promise<number> => {
      if (trouble !== undefined) throw new Error(trouble);
      return 0;
    };
    const scene = new Scene({ reserveTurn });
    scene.offer(2);
    scene.poll(1);
    for (let count = 0; count < 3; count++) await scene.pass(1000);
    expect(scene.errors).toEqual([new Error('away')]);
    trouble = 'refused';
    await scene.pass(1000);
    await scene.pass(1000);
    expect(scene.errors).toEqual([new Error('away'), new Error('refused')]);
    trouble = undefined;
    await scene.pass(1000);
    expect(scene.taken).toEqual(['0']);
    trouble = 'refused';
    scene.poll(1);
    await scene.pass(0);
    expect(scene.errors).toHaveLength(3);
  });

  it.each(['task', 'poller'])('asks for none when there is no %s any more', async (missing) => {
    let asked = 0;
    const reserveTurn = async (): Promise<number> => {
      asked++;
      throw new Error('away');
    };
    const scene = new Scene({ reserveTurn });
    const poller = new AbortController();
    scene.offer(1);
    scene.poll(1, poller.signal);
    await scene.pass(0);
    await scene.pass(1000);
    expect(asked).toBe(2);
    if (missing === 'task') scene.queues.withdraw(scene.task('0'));
    else poller.abort();
    for (let count = 0; count < 3; count++) await scene.pass(1000);
    expect(asked).toBe(2);
    expect(scene.clock.pending).toBe(0);
  });
});

describe('a turn that is waited for', () => {
  it.each([
    ['the queues are closed', (scene: Scene) => scene.queues.close()],
    ['the queue is abandoned', (scene: Scene) => scene.queues.abandon(name)],
  ])('rings for nobody when %s', async (_, end) => {
    const scene = new Scene();
    scene.offer(2);
    scene.poll(0.05);
    scene.poll(0.05);
    await scene.pass(0);
    expect(scene.clock.pending).toBe(1);
    end(scene);
    expect(scene.clock.pending).toBe(0);
  });

  it('rings for nobody when the queue is forgotten', async () => {
    const scene = new Scene();
    const poller = new AbortController();
    scene.offer(2);
    scene.poll(0.001);
    scene.poll(0.001, poller.signal);
    await scene.pass(0);
    poller.abort();
    scene.queues.withdraw(scene.task('1'));
    await scene.pass(300_001);
    expect(scene.clock.pending).toBe(1);
    // Forgotten queues are looked for when there are many new ones.
    for (let id = 0; id < 100; id++) scene.queues.offer({ ...name, name: `other-${id}` }, scene.task(`other-${id}`));
    expect(scene.clock.pending).toBe(0);
  });

  it('is not begun by an answer that comes after the end, and no poll either', async () => {
    const answer = Promise.withResolvers<number>();
    const scene = new Scene({ reserveTurn: () => answer.promise });
    scene.offer(1);
    scene.poll(1);
    scene.queues.close();
    answer.resolve(1000);
    scene.poll(1);
    await scene.pass(0);
    expect(scene.clock.pending).toBe(0);
    expect(scene.taken).toEqual([]);
    await expect(scene.queues.poll(name, new AbortController().signal)).resolves.toBeUndefined();
  });
});

describe('workers that ask for different rates', () => {
  it('wait for no turn of a slower one', async () => {
    const scene = new Scene();
    scene.offer(102);
    scene.poll(0.01);
    scene.poll(0.01);
    await scene.pass(1000);
    expect(scene.taken).toHaveLength(1);
    for (let count = 0; count < 100; count++) scene.poll(100);
    // The turn that is under way, and the one that it left behind, are as long as the new ones.
    for (let count = 0; count < 101; count++) await scene.pass(10);
    expect(scene.taken).toHaveLength(101);
  });

  it.each([
    [5, 5.5],
    [100, 101],
  ])('get one of %d and %d a second', async (one, other) => {
    const scene = new Scene();
    let count = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        const reader = { identity: 'reader', buildId: '', ratePerSecond: count++ % 2 === 0 ? one : other };
        const task = await scene.queues.poll(name, new AbortController().signal, reader);
        if (task === undefined) return;
        scene.taken.push(task.id);
      }
    };
    scene.offer(2000);
    for (let pollers = 0; pollers < 5; pollers++) void work();
    // What may come at once is over.
    for (let step = 0; step < 2000; step++) await scene.pass(1);
    const before = scene.taken.length;
    for (let step = 0; step < 6000; step++) await scene.pass(1);
    const perSecond = (scene.taken.length - before) / 6;
    // Turns come at whole milliseconds here.
    expect(perSecond).toBeGreaterThan(one * 0.9);
    expect(perSecond).toBeLessThanOrEqual(other + 0.2);
    scene.queues.close();
  });

  it('take one turn of those that they have asked for together', async () => {
    const asked: number[] = [];
    const scene = new Scene({ reserveTurn: async (_, perSecond) => asked.push(perSecond) * 1000 });
    scene.offer(4);
    for (const rate of [1, 2, 1, 2]) scene.poll(rate);
    await scene.pass(0);
    scene.poll(1);
    await scene.pass(499);
    expect(scene.taken).toHaveLength(0);
    await scene.pass(1);
    expect(scene.taken).toEqual(['0']);
    expect(asked).toEqual([1, 1]);
  });
});

describe('turns of one process', () => {
  it('are as far off as before when the clock is put back', () => {
    let now = 1_000_000_000;
    const turns = localTurns({ now: () => now, schedule: () => () => undefined, hold: () => () => undefined });
    expect([turns(name, 1), turns(name, 1)]).toEqual([0, 1000]);
    now -= 3_600_000;
    expect(turns(name, 1)).toBe(2000);
  });

  it('keep what is left of those that come at once when the rate changes', () => {
    const turns = localTurns(new ManualClock());
    for (let count = 0; count < 10; count++) expect(turns(name, 10)).toBe(0);
    expect(turns(name, 10)).toBe(100);
    expect(turns(name, 2)).toBe(1000);
    expect(turns(name, 1000)).toBe(3);
  });
});

it('a task that waits for its turn is told of, whoever polls', async () => {
  const scene = new Scene();
  scene.poll(1);
  scene.poll(1);
  scene.offer(2);
  // Where there is a turn at hand, the task goes at once.
  expect(scene.kept).toEqual(['0', '1']);
  await scene.pass(0);
  await scene.pass(1000);
  expect(scene.taken).toEqual(['0', '1']);
});

describe('rates without turns', () => {
  it.each([
    [Infinity, ['0', '1', '2']],
    [0, []],
  ])('with %d a second a server gave out all, or nothing', async (rate, expected) => {
    const scene = new Scene({ reserveTurn: () => Promise.reject(new Error('nobody asks')) });
    scene.offer(3);
    for (let count = 0; count < 3; count++) scene.poll(rate);
    await scene.pass(0);
    expect(scene.taken).toEqual(expected);
    expect(scene.errors).toEqual([]);
  });
});
