import type { Clock } from '../../core/clock.ts';
import type { RunRecord } from '../../core/record.ts';
import type { QueueName } from '../matching/queue-name.ts';
import type { QueuedTask, TaskQueues } from '../matching/task-queues.ts';
import { turnOf } from '../../core/run/turn.ts';
import { isPaused } from '../../core/run/paused.ts';
import { keyOf } from './keys.ts';

/** Puts the tasks that a run has for workers into their queues. */
export class Announcements {
  readonly #queues: TaskQueues;
  readonly #clock: Clock;
  readonly #wallClock: Clock;

  /** @param clock the time of the runs. @param wallClock by which a worker's time to come for a query passes. */
  constructor(queues: TaskQueues, clock: Clock, wallClock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
    this.#wallClock = wallClock;
  }

  /** Offers everything that may be taken now. Offering twice does no harm. */
  announce(record: RunRecord): void {
    const run = keyOf(record);
    if (record.closeTime !== undefined) {
      this.#queues.withdrawRun(run);
      return;
    }
    // What is offered stays: nobody gets it while the run is paused, and news of a pause may come when the run goes on again.
    if (isPaused(record)) return;
    const task = record.workflowTask;
    if (task !== undefined && task.startedEventId === 0) {
      const { scheduledEventId, attempt } = task;
      const id = `${run.runId}/w/${scheduledEventId}/${attempt}`;
      const turn = turnOf(record);
      this.#queues.offer(this.#workflowQueue(record), { kind: 'workflow', id, run, scheduledEventId, attempt, turn });
    }
    const now = this.#clock.now();
    for (const activity of record.activities.values()) {
      const { scheduledEventId, attempt, state, attemptScheduledTime, taskQueue } = activity;
      if (state !== 'scheduled' || attemptScheduledTime > now) continue;
      const id = `${run.runId}/a/${scheduledEventId}/${attempt}`;
      const queue: QueueName = { namespace: run.namespace, name: taskQueue, type: 'activity' };
      const turn = turnOf(record, activity);
      this.#queues.offer(queue, { kind: 'activity', id, run, scheduledEventId, attempt, turn });
    }
  }

  /**
   * Offers a query as a task of its own. A worker that has the run in its cache but does not come loses it to others.
   * @returns a function that takes the offer back.
   */
  announceQuery(record: RunRecord, queryId: string): () => void {
    const run = keyOf(record);
    const task: QueuedTask = {
      kind: 'query',
      id: queryId,
      run,
      scheduledEventId: 0,
      attempt: 1,
      turn: { ...turnOf(record), goesAhead: true },
    };
    const queue = this.#workflowQueue(record);
    this.#queues.offer(queue, task);
    const own = ownQueue(record);
    const patience = queue.name === own.name ? undefined : record.sticky?.scheduleToStartTimeout;
    const cancel =
      patience &&
      this.#wallClock.schedule(this.#wallClock.now() + patience, () => {
        if (this.#queues.withdraw(task)) this.#queues.offer(own, task);
      });
    return () => {
      if (cancel) cancel();
      this.#queues.withdraw(task);
    };
  }

  /** The queue of the worker that has the run in its cache, while that worker is there; else the run's own. */
  #workflowQueue(record: RunRecord): QueueName {
    const { namespace, sticky } = record;
    if (sticky !== undefined) {
      const queue: QueueName = { namespace, name: sticky.queue, type: 'workflow' };
      if (this.#queues.isAttended(queue)) return queue;
    }
    return ownQueue(record);
  }
}

function ownQueue({ namespace, taskQueue }: RunRecord): QueueName {
  return { namespace, name: taskQueue, type: 'workflow' };
}
