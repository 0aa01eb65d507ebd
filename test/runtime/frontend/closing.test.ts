import { expect, test } from 'vitest';
import { MemoryStore } from '../../../src/engines/local/memory-store.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import { ManualClock } from '../manual-clock.ts';
import { namespace, taskQueue } from './harness.ts';

test('a closed engine leaves nothing that rings later, also of queues with a rate', async () => {
  const wallClock = new ManualClock();
  const frontend = await createFrontend({ store: new MemoryStore(), wallClock });
  const queue = { namespace, name: taskQueue.name, type: 'activity' } as const;
  for (const id of ['one', 'two']) {
    const run = { namespace, workflowId: id, runId: id };
    frontend.offer(queue, { kind: 'activity', id, run, scheduledEventId: 5, attempt: 1 });
  }
  const taskQueueMetadata = { maxTasksPerSecond: { value: 0.05 } };
  const polled = frontend.service.pollActivityTaskQueue({ namespace, taskQueue, taskQueueMetadata });
  // The poll that is bounded, and the turn after the one of the task that was stale.
  await expect.poll(() => wallClock.pending).toBe(2);
  await frontend.close();
  await polled;
  expect(wallClock.pending).toBe(0);
});

test('a failure to give turns is told to who opened the engine', async () => {
  const errors: unknown[] = [];
  const frontend = await createFrontend({
    store: new MemoryStore(),
    reserveTurn: () => Promise.reject(new Error('refused')),
    onError: (error) => errors.push(error),
  });
  const run = { namespace, workflowId: 'w', runId: 'r' };
  const queue = { namespace, name: taskQueue.name, type: 'activity' } as const;
  frontend.offer(queue, { kind: 'activity', id: 'a', run, scheduledEventId: 5, attempt: 1 });
  const taskQueueMetadata = { maxTasksPerSecond: { value: 1 } };
  const polled = frontend.service.pollActivityTaskQueue({ namespace, taskQueue, taskQueueMetadata });
  await expect.poll(() => errors).toEqual([new Error('refused')]);
  await frontend.close();
  await polled;
});
