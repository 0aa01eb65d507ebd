import type { temporal } from '@temporalio/proto';
import type { PolledWorkflowTask } from './dispatch/workflow-poller.ts';
import type { CallOptions, ResponseOf, WorkflowServiceApi } from './service.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
type StartResponse = ResponseOf<'startWorkflowExecution'>;

/** Room for a run's first workflow task. */
export interface EagerRoom {
  /** Takes the task; `undefined` gives the room back. */
  use(task: PolledWorkflowTask | undefined): void;
}

/** A worker of this process that may take first tasks of runs as they are started. */
export interface EagerWorker {
  readonly namespace: string;
  readonly taskQueue: string;
  /** Room for one task; `undefined` when there is none now. */
  reserve(): EagerRoom | undefined;
}

const workersOf = new WeakMap<WorkflowServiceApi, Set<EagerWorker>>();

/** Makes a worker known to those who start runs by the same service in this process. @returns a function that makes it unknown again. */
export function offerEagerStarts(service: WorkflowServiceApi, worker: EagerWorker): () => void {
  const workers = workersOf.get(service) ?? new Set();
  workersOf.set(service, workers.add(worker));
  return () => workers.delete(worker);
}

/**
 * Starts a run. When an eager start is asked for, and a worker of this process has room for the run's first workflow task, that task comes with the
 * answer and goes to the worker; otherwise, as on a server, nothing is said of it and a worker takes the task by polling.
 */
export async function startEagerly(
  service: WorkflowServiceApi,
  request: StartRequest,
  options: CallOptions | undefined,
): Promise<StartResponse> {
  if (!request.requestEagerExecution) return await service.startWorkflowExecution(request, options);
  const room = reserve(service, request);
  let task: PolledWorkflowTask | undefined;
  try {
    const requestEagerExecution = room !== undefined;
    const response = await service.startWorkflowExecution({ ...request, requestEagerExecution }, options);
    task = response.eagerWorkflowTask ?? undefined;
    return response;
  } finally {
    room?.use(task);
  }
}

/** Workers take turns: who has taken a task is asked last from then on. */
function reserve(service: WorkflowServiceApi, { namespace, taskQueue }: StartRequest): EagerRoom | undefined {
  const workers = workersOf.get(service);
  for (const worker of workers ?? []) {
    if (worker.namespace !== namespace || worker.taskQueue !== taskQueue?.name) continue;
    const room = worker.reserve();
    if (room === undefined) continue;
    workers?.delete(worker);
    workers?.add(worker);
    return room;
  }
  return undefined;
}
