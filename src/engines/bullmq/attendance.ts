import type { temporal } from '@temporalio/proto';
import { TaskQueueKind } from '../../core/proto.ts';
import type { Expectations } from './expectations.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from '../../runtime/service.ts';

import type { Gates } from './gates.ts';

type Poll = temporal.api.workflowservice.v1.IPollWorkflowTaskQueueRequest;
type AnyHandler = (request: object, options?: CallOptions) => Promise<object>;

/** Told when workers begin to read a task queue, and when the last one has ended. */
export interface Attended {
  readonly begin: (taskQueue: string) => void;
  readonly end: (taskQueue: string) => void;
}

/** What is known of the polls of one task queue. */
interface Polls {
  count: number;
  /** A worker of it said that it shuts down. */
  leaving: boolean;
}

/**
 * A service as workers of this process call it: that they poll a task queue says that this process takes part in its work, until the last of them has
 * shut down.
 * @param expectations told about updates that come together with a start.
 * @param gates hold back polls of activities whose queue is paused.
 */
export function attend(
  service: WorkflowServiceApi,
  queues: { readonly runs: Attended; readonly activities: Attended },
  expectations: Pick<Expectations, 'announce'>,
  gates: Gates,
): WorkflowServiceApi {
  const runs = new Attendance(queues.runs);
  const activities = new Attendance(queues.activities);
  const methods: Partial<Record<MethodName, AnyHandler>> = {
    pollWorkflowTaskQueue: (request, options) =>
      runs.during(request, () => service.pollWorkflowTaskQueue(request as never, options)),
    pollActivityTaskQueue: (request, options) =>
      activities.during(request, async () => {
        const { taskQueue } = request as Poll;
        const poll = (signal: AbortSignal): Promise<object> =>
          service.pollActivityTaskQueue(request, { ...options, signal });
        return (await gates.through(taskQueue?.name ?? '', options?.signal, poll)) ?? {};
      }),
    // The update is to come with the first task, if it can.
    executeMultiOperation: async (request, options) => {
      const { operations } = request as temporal.api.workflowservice.v1.IExecuteMultiOperationRequest;
      const workflowId = operations?.[0]?.startWorkflow?.workflowId;
      if (workflowId) await expectations.announce(workflowId);
      return await service.executeMultiOperation(request, options);
    },
    shutdownWorker: async (request, options) => {
      const answer = await service.shutdownWorker(request, options);
      const { taskQueue } = request as { readonly taskQueue?: string | null };
      if (taskQueue) for (const attendance of [runs, activities]) attendance.leave(taskQueue);
      return answer;
    },
  };
  return new Proxy(service, {
    get: (target, name) => Reflect.get(methods, name) ?? (Reflect.get(target, name) as unknown),
  });
}

class Attendance {
  readonly #attended: Attended;
  readonly #polls = new Map<string, Polls>();

  constructor(attended: Attended) {
    this.#attended = attended;
  }

  /** Keeps the queue attended during a poll and until somebody leaves. */
  async during<Answer>(request: object, poll: () => Promise<Answer>): Promise<Answer> {
    const { taskQueue: queue } = request as Poll;
    const isOwn = queue?.kind !== TaskQueueKind.TASK_QUEUE_KIND_STICKY;
    if (!queue?.name || !isOwn) return poll();
    const { name } = queue;
    const polls = this.#polls.get(name) ?? { count: 0, leaving: false };
    this.#polls.set(name, polls);
    polls.count++;
    polls.leaving = false;
    this.#attended.begin(name);
    try {
      return await poll();
    } finally {
      polls.count--;
      if (polls.leaving) this.leave(name);
    }
  }

  /** A worker of the queue shuts down. */
  leave(name: string): void {
    const polls = this.#polls.get(name);
    if (polls === undefined) return;
    polls.leaving = true;
    if (polls.count > 0) return;
    this.#polls.delete(name);
    this.#attended.end(name);
  }
}
