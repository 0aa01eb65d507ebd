import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';
import { Bench, namespace } from './harness.ts';

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

it('a query that is asked after a signal does not go with a task that was handed out before it', async () => {
  await bench.start('w');
  const elsewhere = await createFrontend({ store: bench.store, clock: bench.clock });
  const commit = bench.store.commit.bind(bench.store);
  let query: ReturnType<Bench['query']> | undefined;
  bench.store.commit = async (changes) => {
    bench.store.commit = commit;
    const result = await commit(changes);
    // The task is out, and this process has not heard of that yet.
    const signal = { namespace, workflowExecution: { workflowId: 'w' }, signalName: 's' };
    await elsewhere.service.signalWorkflowExecution(signal);
    query = bench.query('w');
    query.catch(() => undefined);
    await bench.settle();
    return result;
  };
  const task = await bench.poll();
  expect(query).toBeDefined();
  expect(Object.keys(task.queries ?? {})).toEqual([]);
  await bench.complete(task);
  const next = await bench.poll();
  expect(next.history?.events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
  expect(Object.keys(next.queries ?? {})).toHaveLength(1);
  await elsewhere.close();
});

it('a query that waits for a task does not go alone because of news from before it', async () => {
  const runId = await bench.start('w');
  await bench.complete(await bench.poll());
  const before = await bench.store.load({ namespace, workflowId: 'w', runId });
  await bench.signal('w', 's');
  const query = bench.query('w');
  query.catch(() => undefined);
  await bench.settle();
  // Another process told of what it had committed, and is heard late.
  if (before) bench.frontend.changed(before.record);
  await bench.settle();
  const task = await bench.poll();
  expect(task.history?.events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
  expect(Object.keys(task.queries ?? {})).toHaveLength(1);
});

it('a query that was to go alone goes with a workflow task that has come meanwhile', async () => {
  await bench.start('w');
  await bench.complete(await bench.poll());
  const query = bench.query('w');
  await bench.settle();
  await bench.signal('w', 's');
  const task = await bench.poll();
  expect(task.history?.events?.some((event) => event.workflowExecutionSignaledEventAttributes)).toBe(true);
  const [id = ''] = Object.keys(task.queries ?? {});
  await bench.complete(task, [], { queryResults: { [id]: { resultType: 1 } } });
  expect(await query).toEqual({ queryResult: null });
});

it('a query that waits for a task is rejected when its run is paused instead', async () => {
  await bench.start('w');
  await bench.complete(await bench.poll());
  await bench.signal('w', 's');
  const query = bench.query('w');
  await bench.settle();
  await bench.service.pauseWorkflowExecution({ namespace, workflowId: 'w', requestId: 'r' });
  const { status } =
    (await bench.service.describeWorkflowExecution({ namespace, execution: { workflowId: 'w' } }))
      .workflowExecutionInfo ?? {};
  expect(await query).toEqual({ queryRejected: { status } });
});
