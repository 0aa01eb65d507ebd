import type { temporal } from '@temporalio/proto';
import { namespaceNotFound } from '../errors.ts';
import type { QueueName } from '../matching/queue-name.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { instanceOf } from './context.ts';

/** The version of Temporal's server whose behaviour is followed. */
const serverVersion = '1.29.1';

const systemInfo: temporal.api.workflowservice.v1.IGetSystemInfoResponse = {
  serverVersion,
  capabilities: {
    signalAndQueryHeader: true,
    internalErrorDifferentiation: true,
    activityFailureIncludeHeartbeat: true,
    encodedFailureAttributes: true,
    sdkMetadata: true,
    countGroupByExecutionStatus: true,
    supportsSchedules: true,
    upsertMemo: true,
    eagerWorkflowStart: true,
    nexus: false,
  },
};

const clusterInfo: temporal.api.workflowservice.v1.IGetClusterInfoResponse = {
  serverVersion,
  clusterId: 'perdure',
  clusterName: 'perdure',
  persistenceStore: 'perdure',
  historyShardCount: 1,
};

/** The RPCs about the service itself, its namespaces and its workers. */
export function systemHandlers(
  context: FrontendContext,
): Handlers<'getSystemInfo' | 'getClusterInfo' | 'shutdownWorker' | 'recordWorkerHeartbeat'> {
  return {
    getSystemInfo: async () => systemInfo,
    getClusterInfo: async () => clusterInfo,
    async shutdownWorker(request) {
      const namespace = request.namespace ?? '';
      if (!context.namespaces.has(namespace)) throw namespaceNotFound(namespace);
      if (request.taskQueue) {
        for (const type of ['workflow', 'activity'] as const)
          context.queues.left({ namespace, name: request.taskQueue, type }, instanceOf(request));
      }
      if (request.stickyTaskQueue)
        await handOver(context, { namespace, name: request.stickyTaskQueue, type: 'workflow' });
      return {};
    },
    async recordWorkerHeartbeat() {
      return {};
    },
  };
}

/** What was meant for a worker's cache goes to the runs' own queues. What cannot at the moment stays where it is, and times out there. @throws why. */
async function handOver({ queues, announceAgain }: FrontendContext, sticky: QueueName): Promise<void> {
  const failures: unknown[] = [];
  for (const task of queues.abandon(sticky)) {
    await announceAgain(task).catch((error: unknown) => {
      failures.push(error);
      queues.offer(sticky, task);
    });
  }
  if (failures.length > 0) throw failures[0];
}
