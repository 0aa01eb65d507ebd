import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFrontend, type Frontend } from '../../../src/runtime/frontend/frontend.ts';
import { Bench, namespace, taskQueue } from './harness.ts';

describe('a start that finds a run, which another process closes a moment later', () => {
  let bench: Bench;
  let elsewhere: Frontend;
  let first: string;
  beforeEach(async () => {
    bench = await Bench.open();
    elsewhere = await createFrontend({ store: bench.store, clock: bench.clock });
    first = await bench.start('w');
    const load = bench.store.load.bind(bench.store);
    bench.store.load = async (key) => {
      bench.store.load = load;
      const found = await load(key);
      await elsewhere.service.terminateWorkflowExecution({ namespace, workflowExecution: { workflowId: 'w' } });
      return found;
    };
  });
  afterEach(async () => {
    await elsewhere.close();
    await bench.close();
  });

  it.each([
    ['with a signal', { signalName: 's' }, {}],
    ['that would terminate it', undefined, { workflowIdConflictPolicy: 3 }],
  ])('and %s: begins the next one', async (_name, signal, policy) => {
    const start = { namespace, workflowId: 'w', requestId: 'r', workflowType: { name: 'any' }, taskQueue, ...policy };
    const { runId } = await (signal
      ? bench.service.signalWithStartWorkflowExecution({ ...start, ...signal })
      : bench.service.startWorkflowExecution(start));
    expect(runId).not.toBe(first);
    const end = (await bench.types('w', first)).slice(2);
    expect(end).toEqual(['WorkflowExecutionTerminated']);
    expect(await bench.types('w')).toContain(signal ? 'WorkflowExecutionSignaled' : 'WorkflowTaskScheduled');
  });
});
