import { StoreError } from '../../../src/core/store.ts';
import type { Store } from '../../../src/core/store.ts';
import type { OwnedService } from '../../../src/engines/embedded/shared-service.ts';
import { commitOf, creationOf, exampleEvents, exampleRecord } from '../../../testing/conformance/store/examples.ts';
import { endlessPoll, fakeService } from './fake-service.ts';

/**
 * A small service on a store: `signalWorkflowExecution` writes each request id once to the run named by its signal, `countWorkflowExecutions`
 * tells how many runs there are, polls wait for ever.
 */
export async function countingService(store: Store): Promise<OwnedService> {
  const signal = async (run: string, requestId: string): Promise<void> => {
    for (;;) {
      const key = exampleRecord(run);
      const before = await store.load(key);
      if (before?.record.requestIds.has(requestId) === true) return;
      const record = { ...key, requestIds: new Set([...(before?.record.requestIds ?? []), requestId]) };
      const events = exampleEvents(record.requestIds.size, record.requestIds.size, requestId);
      const commit =
        before === undefined
          ? creationOf(record, events)
          : commitOf({ expectedRevision: before.revision, record, events });
      if ((await store.commit(commit)) === 'committed') return;
    }
  };
  const service = fakeService({
    signalWorkflowExecution: async (request) => {
      const { signalName, requestId } = request as { signalName: string; requestId: string };
      await signal(signalName, requestId);
      return {};
    },
    countWorkflowExecutions: async () => ({ count: await store.count({ namespace: 'default' }) }),
    pollWorkflowTaskQueue: endlessPoll,
    getSystemInfo: async () => ({ serverVersion: String(process.pid) }),
    registerNamespace: endlessPoll,
    describeNamespace: () => Promise.reject(new StoreError('full', 'No room.')),
  });
  return { service, close: async () => {} };
}
