import { expect, it, vi } from 'vitest';
import { MemoryStore } from '../../../src/engines/local/memory-store.ts';
import { createFrontend } from '../../../src/runtime/frontend/frontend.ts';

const namespace = 'default';

it('tells the run that is current, also when another process has just begun it', async () => {
  const store = new MemoryStore();
  const frontend = await createFrontend({ store });
  const { service } = frontend;
  const execution = { workflowId: 'w' };
  const start = { namespace, ...execution, workflowType: { name: 't' }, taskQueue: { name: 'q' } };
  const before = await service.startWorkflowExecution({ ...start, requestId: 'one' });
  await service.terminateWorkflowExecution({ namespace, workflowExecution: execution });
  const after = await service.startWorkflowExecution({ ...start, requestId: 'two' });
  // What was read a moment before the run went on as a new one.
  vi.spyOn(store, 'currentRunId').mockResolvedValueOnce(before.runId ?? '');
  await service.signalWorkflowExecution({ namespace, workflowExecution: execution, signalName: 'hello' });
  const events = await store.readHistory({ namespace, workflowId: 'w', runId: after.runId ?? '' }, 1);
  expect(events.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === 'hello')).toBe(true);
  await frontend.close();
});
