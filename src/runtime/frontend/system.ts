import type { temporal } from '@temporalio/proto';
import { namespaceNotFound } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireNamespace } from './context.ts';

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
): Handlers<'getSystemInfo' | 'getClusterInfo' | 'describeTaskQueue' | 'shutdownWorker' | 'recordWorkerHeartbeat'> {
  return {
    getSystemInfo: async () => systemInfo,
    getClusterInfo: async () => clusterInfo,
    async describeTaskQueue(request) {
      const namespace = requireNamespace(context, request.namespace);
      const name = request.taskQueue?.name ?? '';
      const type = request.taskQueueType === activityQueue ? 'activity' : 'workflow';
      const pollers = context.queues.pollerCount({ namespace, name, type });
      return { pollers: Array.from({ length: pollers }, () => ({ identity: '' })) };
    },
    async shutdownWorker(request) {
      const namespace = request.namespace ?? '';
      if (!context.namespaces.has(namespace)) throw namespaceNotFound(namespace);
      const name = request.stickyTaskQueue;
      if (!name) return {};
      // What was meant for this worker's cache goes to the runs' own queues.
      for (const task of context.queues.abandon({ namespace, name, type: 'workflow' }))
        await context.announceAgain(task);
      return {};
    },
    async recordWorkerHeartbeat() {
      return {};
    },
  };
}

const activityQueue = 2;
