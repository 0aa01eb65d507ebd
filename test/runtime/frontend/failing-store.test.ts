import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/core/store.ts';
import { MemoryStore } from '../../../src/engines/local/memory-store.ts';
import { createFrontend, type Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { VirtualClock } from '../../../src/runtime/virtual-clock.ts';

const namespace = 'default';
const taskQueue = { name: 'work' };

/** A store that can be out of room. */
class LimitedStore extends MemoryStore {
  isFull = false;

  override commit(...args: Parameters<MemoryStore['commit']>): ReturnType<MemoryStore['commit']> {
    return this.isFull ? Promise.reject(new StoreError('full', 'No room.')) : super.commit(...args);
  }
}

describe('while the store fails', () => {
  let store: LimitedStore;
  let clock: VirtualClock;
  let frontend: Frontend;
  const reported: unknown[] = [];

  beforeEach(async () => {
    store = new LimitedStore();
    clock = new VirtualClock();
    frontend = await createFrontend({ store, clock, onError: (error) => reported.push(error) });
  });
  afterEach(() => frontend.close());

  const start = (workflowId: string): Promise<unknown> =>
    frontend.service.startWorkflowExecution({
      namespace,
      workflowId,
      requestId: randomUUID(),
      workflowType: { name: 'any' },
      taskQueue,
    });
  const pollWorkflowTask = (signal?: AbortSignal) =>
    frontend.service.pollWorkflowTaskQueue({ namespace, taskQueue }, signal === undefined ? {} : { signal });

  it('calls are refused, and what they asked for is not there', async () => {
    store.isFull = true;
    await expect(start('a')).rejects.toMatchObject({ code: 14, details: 'No room.' });
    store.isFull = false;
    await expect(start('a')).resolves.toMatchObject({ started: true });
  });

  it('tasks stay in their queues', async () => {
    await start('a');
    store.isFull = true;
    await expect(pollWorkflowTask()).rejects.toMatchObject({ code: 14, details: 'No room.' });
    store.isFull = false;
    const { taskToken } = await pollWorkflowTask();
    const scheduleActivityTaskCommandAttributes = {
      activityId: '1',
      activityType: { name: 'any' },
      taskQueue,
      startToCloseTimeout: { seconds: 10 as never },
    };
    await frontend.service.respondWorkflowTaskCompleted({
      namespace,
      taskToken: taskToken ?? null,
      commands: [{ commandType: 1, scheduleActivityTaskCommandAttributes }],
    });
    const poll = () => frontend.service.pollActivityTaskQueue({ namespace, taskQueue });
    store.isFull = true;
    await expect(poll()).rejects.toMatchObject({ code: 14 });
    store.isFull = false;
    await expect(poll()).resolves.toMatchObject({ activityId: '1', attempt: 1 });
  });

  it('deadlines are kept later', async () => {
    await start('a');
    await pollWorkflowTask();
    store.isFull = true;
    await clock.sleep(11_000);
    expect(reported.at(-1)).toMatchObject({ code: 'full' });
    store.isFull = false;
    await clock.sleep(1000);
    await expect(pollWorkflowTask()).resolves.toMatchObject({ attempt: 2 });
  });

  it('a poller that has left takes nothing along', async () => {
    const left = new AbortController();
    const polled = pollWorkflowTask(left.signal);
    const started = start('a');
    queueMicrotask(() => left.abort());
    await started;
    const response = await polled;
    const again = response.taskToken?.length ? response : await pollWorkflowTask();
    expect(again).toMatchObject({ attempt: 1, startedEventId: expect.anything() });
  });
});
