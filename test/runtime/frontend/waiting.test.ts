import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Bench, commands, namespace, sticky, taskQueue } from './harness.ts';

const dead = { name: 'dead', kind: 2 };

describe('waiting', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await Bench.open();
    await bench.start('w');
  });
  afterEach(() => bench.close());

  it('leaves no listeners behind, however it ends', async () => {
    const { signal } = new AbortController();
    const options = { signal };
    const polled = bench.service.pollWorkflowTaskQueue({ namespace, taskQueue }, options);
    const waits = [
      polled,
      bench.service.getWorkflowExecutionHistory(
        { namespace, execution: { workflowId: 'w' }, waitNewEvent: true },
        options,
      ),
      bench.service.getWorkflowExecutionHistory(
        { namespace, execution: { workflowId: 'w' }, waitNewEvent: true, historyEventFilterType: 2 },
        options,
      ),
      bench.service.pollActivityTaskQueue({ namespace, taskQueue }, options),
      bench.update('w', 'u', 3, signal),
      bench.service.queryWorkflow({ namespace, execution: { workflowId: 'w' }, query: { queryType: 'q' } }, options),
    ];
    const task = await polled;
    await waits[1];
    await bench.settle();
    expect(getEventListeners(signal, 'abort').length).toBeGreaterThan(0);
    await bench.complete(task, [commands.activity('a')]);
    await bench.terminate('w');
    const query = await bench.poll();
    await bench.service.respondQueryTaskCompleted({ taskToken: query.taskToken ?? null, completedType: 1 });
    await bench.close();
    await Promise.allSettled(waits);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends when the frontend is closed', async () => {
    const polls = [
      bench.service.pollWorkflowTaskQueue({ namespace, taskQueue: { name: 'empty' } }),
      bench.service.pollActivityTaskQueue({ namespace, taskQueue }),
    ];
    await bench.settle();
    await bench.close();
    await expect(Promise.all(polls)).resolves.toEqual([{}, {}]);
    await expect(bench.poll()).rejects.toMatchObject({ code: 14 });
  });

  it('an activity for a worker that died while it was handed out is there for the others', async () => {
    const gone = { isGone: () => true };
    const task = await bench.poll();
    const eager = commands.activity('eager', { requestEagerExecution: true });
    const request = { taskToken: task.taskToken ?? null, commands: [eager, commands.activity('polled')] };
    const { activityTasks } = await bench.service.respondWorkflowTaskCompleted(request, gone);
    expect(activityTasks?.map(({ activityId }) => activityId)).toEqual(['eager']);
    await bench.service.pollActivityTaskQueue({ namespace, taskQueue }, gone);
    await bench.service.pollActivityTaskQueue({ namespace, taskQueue }, gone);
    const again = [await bench.pollActivity(), await bench.pollActivity()];
    expect(again.map(({ activityId, attempt }) => `${activityId} ${attempt}`).toSorted()).toEqual([
      'eager 1',
      'polled 1',
    ]);
    // Each is there once.
    expect(await bench.pollActivity(10)).toEqual({});
    for (const { taskToken = null } of again) await bench.service.respondActivityTaskCompleted({ taskToken });
    const started = (await bench.types('w')).filter((type) => type === 'ActivityTaskStarted');
    expect(started).toHaveLength(2);
  });

  it('an activity that is over by the time its worker is found dead stays over', async () => {
    const { taskToken = null } = await bench.poll();
    await bench.service.respondWorkflowTaskCompleted({ taskToken, commands: [commands.activity('a')] });
    let terminated: Promise<void> | undefined;
    const { readHistory } = bench.store;
    bench.store.readHistory = async function last(...args) {
      terminated ??= bench.terminate('w');
      await terminated;
      return readHistory.apply(this, args);
    };
    const polled = await bench.service.pollActivityTaskQueue({ namespace, taskQueue }, { isGone: () => true });
    expect(polled.activityId).toBe('a');
    expect(await bench.pollActivity(10)).toEqual({});
  });

  it('a query for a worker that died while it was handed out goes to the others', async () => {
    await bench.complete(await bench.poll());
    const asked = bench.query('w');
    await bench.settle();
    const options = { isGone: () => true };
    expect(await bench.service.pollWorkflowTaskQueue({ namespace, taskQueue }, options)).toEqual({});
    const { taskToken = null } = await bench.poll();
    await bench.service.respondQueryTaskCompleted({ taskToken, completedType: 1 });
    await expect(asked).resolves.toEqual({ queryResult: null });
  });

  it('a task for the cache of a worker that died without a word goes to the others in time', async () => {
    await bench.complete(await bench.poll(), [], sticky('dead'));
    await bench.poll(dead, 1);
    await bench.signal('w', 's');
    const next = bench.poll();
    await bench.clock.sleep(5001);
    const task = await next;
    expect(task.history?.events?.length).toBeGreaterThan(5);
    expect((await bench.types('w')).slice(5)).toEqual([
      'WorkflowTaskScheduled',
      'WorkflowTaskTimedOut',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
    ]);
    await bench.complete(task);
    // Nothing of it is left in the dead worker's queue.
    await expect(bench.poll(dead, 20)).resolves.toEqual({});
  });

  it('a worker that says goodbye leaves its tasks at once, and its polls end', async () => {
    await bench.complete(await bench.poll(), [], sticky('dead'));
    const polling = bench.poll(dead);
    await bench.signal('w', 's');
    const task = await polling;
    await bench.complete(task, [], sticky('dead'));
    await bench.signal('w', 't');
    const idle = bench.poll({ name: 'other', kind: 2 });
    await bench.service.shutdownWorker({ namespace, stickyTaskQueue: 'dead' });
    await bench.service.shutdownWorker({ namespace, stickyTaskQueue: 'other' });
    await expect(idle).resolves.toEqual({});
    expect((await bench.poll()).history?.events).toHaveLength(11);
  });

  it('a worker that says goodbye leaves the tasks that can be read, and those that cannot at the moment to its next goodbye', async () => {
    await bench.start('v');
    for (let each = 0; each < 2; each++) await bench.complete(await bench.poll(), [], sticky('dead'));
    await bench.poll(dead, 1);
    for (const workflowId of ['v', 'w']) await bench.signal(workflowId, 's');
    const failure = new Error('cannot be read');
    vi.spyOn(bench.store, 'load').mockRejectedValueOnce(failure);
    await expect(bench.service.shutdownWorker({ namespace, stickyTaskQueue: 'dead' })).rejects.toThrow(
      'cannot be read',
    );
    const first = await bench.poll();
    expect(first.workflowExecution?.workflowId).toBe('w');
    await bench.service.shutdownWorker({ namespace, stickyTaskQueue: 'dead' });
    expect((await bench.poll()).workflowExecution?.workflowId).toBe('v');
  });

  it('a query for the cache of a worker that died goes to the others in time', async () => {
    await bench.complete(await bench.poll(), [], sticky('dead', 50));
    await bench.poll(dead, 1);
    const query = bench.query('w');
    const task = await bench.poll();
    expect(task.query?.queryType).toBe('any');
    await bench.service.respondQueryTaskCompleted({ taskToken: task.taskToken ?? null, completedType: 1 });
    await expect(query).resolves.toEqual({ queryResult: null });
  });

  it('a query that nobody waits for any more is gone from the queue', async () => {
    await bench.complete(await bench.poll());
    const asked = bench.service.queryWorkflow(
      { namespace, execution: { workflowId: 'w' }, query: { queryType: 'q' } },
      { signal: AbortSignal.timeout(20) },
    );
    await expect(asked).rejects.toMatchObject({ code: 4 });
    await expect(bench.poll(taskQueue, 20)).resolves.toEqual({});
  });

  it('a query sees every signal that was acknowledged before, also while a task is out', async () => {
    const task = await bench.poll();
    await bench.signal('w', 's');
    const query = bench.query('w');
    await bench.settle();
    await bench.complete(task);
    const next = await bench.poll();
    const [id = ''] = Object.keys(next.queries ?? {});
    expect(next.history?.events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
    // An answer that comes with another run's task is none.
    await bench.start('other');
    await bench.complete(await bench.poll(), [], { queryResults: { [id]: { resultType: 1 } } });
    await bench.settle();
    await bench.complete(next, [], { queryResults: { [id]: { resultType: 1, answer: { payloads: [] } } } });
    await expect(query).resolves.toEqual({ queryResult: { payloads: [] } });
  });

  it('a task of a run that has ended is not handed out', async () => {
    await bench.terminate('w');
    await expect(bench.poll(taskQueue, 20)).resolves.toEqual({});
  });
});
