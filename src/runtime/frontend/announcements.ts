import type { Clock } from '../../core/clock.ts';
import type { RunRecord } from '../../core/record.ts';
import type { QueueName, TaskQueues } from '../matching/task-queues.ts';
import { keyOf } from './keys.ts';

/** Puts the tasks that a run has for workers into their queues. */
export class Announcements {
  readonly #queues: TaskQueues;
  readonly #clock: Clock;

  constructor(queues: TaskQueues, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  /** Offers everything that may be taken now. Offering twice does no harm. */
  announce(record: RunRecord): void {
    if (record.closeTime !== undefined) return;
    const task = record.workflowTask;
    const run = keyOf(record);
    if (task !== undefined && task.startedEventId === 0) {
      const { scheduledEventId, attempt } = task;
      const id = `${run.runId}/w/${scheduledEventId}/${attempt}`;
      this.#queues.offer(this.#workflowQueue(record), { kind: 'workflow', id, run, scheduledEventId, attempt });
    }
    const now = this.#clock.now();
    for (const { scheduledEventId, attempt, state, attemptScheduledTime, taskQueue } of record.activities.values()) {
      if (state !== 'scheduled' || attemptScheduledTime > now) continue;
      const id = `${run.runId}/a/${scheduledEventId}/${attempt}`;
      const queue: QueueName = { namespace: run.namespace, name: taskQueue, type: 'activity' };
      this.#queues.offer(queue, { kind: 'activity', id, run, scheduledEventId, attempt });
    }
  }

  /** Offers a query as a task of its own. */
  announceQuery(record: RunRecord, queryId: string): void {
    const run = keyOf(record);
    this.#queues.offer(this.#workflowQueue(record), {
      kind: 'query',
      id: queryId,
      run,
      scheduledEventId: 0,
      attempt: 1,
    });
  }

  /** The queue of the worker that has the run in its cache, while that worker is there; else the run's own. */
  #workflowQueue({ namespace, sticky, taskQueue }: RunRecord): QueueName {
    if (sticky !== undefined) {
      const queue: QueueName = { namespace, name: sticky.queue, type: 'workflow' };
      if (this.#queues.isAttended(queue)) return queue;
    }
    return { namespace, name: taskQueue, type: 'workflow' };
  }
}
