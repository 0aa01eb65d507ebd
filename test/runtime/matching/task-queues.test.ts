// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TaskQueues } from '../../../src/runtime/matching/task-queues.ts';
import type { QueueName } from '../../../src/runtime/matching/queue-name.ts';
import type { QueuedTask } from '../../../src/runtime/matching/task-queues.ts';
import { ManualClock } from '../manual-clock.ts';

const queue = (name: string): QueueName => ({ namespace: 'default', name, type: 'workflow' });
const task = (id: string, more: Partial<QueuedTask> = {}): QueuedTask => ({
  kind: 'activity',
  id,
  run: { namespace: 'default', workflowId: id, runId: id },
  scheduledEventId: 1,
  attempt: 1,
  ...more,
});
const never = new AbortController().signal;

describe('task queues', () => {
  it('give every task to one poller, in order, however many come and go', async () => {
    const action = fc.constantFrom('offer', 'offer', 'poll', 'abort', 'refuse');
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const queues = new TaskQueues();
        const name = queue('q');
        const waiting: AbortController[] = [];
        const taken: string[] = [];
        let offered = 0;
        const poll = (refuses: boolean): void => {
          const controller = new AbortController();
          waiting.push(controller);
          let refused = false;
          void queues
            .take(name, controller.signal, async (each) => {
              await turn();
              if (refuses && !refused) {
                refused = true;
                throw new Error('the store failed');
              }
              taken.push(each.id);
              return each;
            })
            .catch(() => undefined);
        };
        for (const each of actions) {
          if (each === 'offer') queues.offer(name, task(`${offered++}`));
          else if (each === 'abort') waiting.shift()?.abort();
          else poll(each === 'refuse');
          if (offered % 3 === 0) await turn();
        }
        for (let count = 0; count < 10; count++) await turn();
        while (queues.backlog(name) > 0) {
          poll(false);
          await turn();
          await turn();
        }
        expect(taken.toSorted((a, b) => Number(a) - Number(b))).toEqual(
          Array.from({ length: offered }, (_, id) => `${id}`),
        );
        // A task that comes back goes to the end.
        if (!actions.includes('refuse') && !actions.includes('abort'))
          expect(taken).toEqual(taken.toSorted((a, b) => Number(a) - Number(b)));
        for (const controller of waiting) controller.abort();
        await turn();
        queues.offer(name, task('for nobody'));
        expect(queues.backlog(name)).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  it('a poll that was given up before takes nothing', async () => {
    const queues = new TaskQueues();
    queues.offer(queue('q'), task('1'));
    await expect(queues.poll(queue('q'), AbortSignal.abort())).resolves.toBeUndefined();
    expect(queues.backlog(queue('q'))).toBe(1);
  });

  it('a task that is offered twice waits once, also when it moves', async () => {
    const queues = new TaskQueues();
    queues.offer(queue('a'), task('1'));
    queues.offer(queue('a'), task('1'));
    expect(queues.backlog(queue('a'))).toBe(1);
    queues.offer(queue('b'), task('1'));
    expect(queues.backlog(queue('a'))).toBe(0);
    expect(queues.backlog(queue('b'))).toBe(1);
  });

  it('a new workflow task replaces an older one of the same run, wherever it waits', async () => {
    const queues = new TaskQueues();
    const { run } = task('r');
    queues.offer(queue('sticky'), task('1', { kind: 'workflow', run }));
    queues.offer(queue('sticky'), task('a', { run }));
    queues.offer(queue('own'), task('2', { kind: 'workflow', run }));
    expect(queues.backlog(queue('sticky'))).toBe(1);
    await expect(queues.poll(queue('own'), never)).resolves.toMatchObject({ id: '2' });
  });

  it('what waits for a run can be taken back, queries apart', () => {
    const queues = new TaskQueues();
    const { run } = task('r');
    for (const kind of ['workflow', 'activity', 'query'] as const) queues.offer(queue('q'), task(kind, { kind, run }));
    queues.offer(queue('q'), task('other'));
    queues.withdrawRun(run);
    expect(queues.backlog(queue('q'))).toBe(2);
    expect(queues.withdraw(task('query', { run }))).toBe(true);
    expect(queues.withdraw(task('query', { run }))).toBe(false);
    expect(queues.backlog(queue('q'))).toBe(1);
  });

  it('tasks go no faster than workers ask for: a second of them at once, then one at a time', async () => {
    const clock = new ManualClock();
    const queues = new TaskQueues({ wallClock: clock });
    const name = queue('q');
    const taken: string[] = [];
    const poll = async (ratePerSecond: number): Promise<void> => {
      const reader = { identity: 'reader', buildId: '', ratePerSecond };
      taken.push((await queues.poll(name, never, reader))?.id ?? 'none');
    };
    for (let id = 0; id < 6; id++) queues.offer(name, task(`${id}`));
    for (let count = 0; count < 6; count++) void poll(2);
    const settle = async (ms: number): Promise<void> => {
      clock.advance(ms);
      for (let count = 0; count < 5; count++) await turn();
    };
    await settle(0);
    expect(taken).toEqual(['0', '1']);
    expect(queues.state(name)).toMatchObject({ perSecond: 2, waiting: [{ priority: 3, count: 4 }] });
    await settle(499);
    expect(taken).toHaveLength(2);
    await settle(1);
    expect(taken).toEqual(['0', '1', '2']);
    await settle(500);
    expect(taken).toHaveLength(4);
    // With none a second nothing goes, until another rate comes.
    void poll(0);
    await settle(10_000);
    expect(taken).toHaveLength(4);
    void poll(100);
    await settle(0);
    expect(taken).toHaveLength(6);
  });

  it('a worker counts as there while it polls, and some time after', async () => {
    const clock = new ManualClock();
    const queues = new TaskQueues({ wallClock: clock });
    const name = queue('q');
    expect(queues.isAttended(name)).toBe(false);
    const controller = new AbortController();
    const polled = queues.poll(name, controller.signal);
    clock.advance(60_000);
    expect(queues.isAttended(name)).toBe(true);
    controller.abort();
    await polled;
    clock.advance(9_999);
    expect(queues.isAttended(name)).toBe(true);
    clock.advance(1);
    expect(queues.isAttended(name)).toBe(false);
  });

  it('a worker that leaves gives its tasks back, and its polls end', async () => {
    const queues = new TaskQueues();
    queues.offer(queue('q'), task('1'));
    expect(queues.abandon(queue('q')).map(({ id }) => id)).toEqual(['1']);
    const polled = queues.poll(queue('q'), never);
    expect(queues.abandon(queue('q'))).toEqual([]);
    await expect(polled).resolves.toBeUndefined();
    expect(queues.abandon(queue('never seen'))).toEqual([]);
    expect(queues.isAttended(queue('q'))).toBe(false);
  });

  it('queues of the two kinds with one name are different, whatever the name', async () => {
    const queues = new TaskQueues();
    const name = '__proto__';
    queues.offer({ namespace: 'default', name, type: 'activity' }, task('1'));
    expect(queues.backlog(queue(name))).toBe(0);
    expect(queues.backlog({ namespace: 'default', name, type: 'activity' })).toBe(1);
  });
});
