import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import type { RunKey } from '../../core/record.ts';
import type { QueuedTask, QueueName, TaskQueues } from '../../runtime/matching/task-queues.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { jobPriority } from './commit-arguments.ts';
import { activityJobId, queueName } from './keys.ts';
import type { Keys } from './keys.ts';
import { ADD_JOB } from './lua-jobs.ts';
import { Script } from './redis.ts';
import type { RedisClient } from './redis.ts';
import type { RedisStore } from './redis-store.ts';

const addScript = new Script(ADD_JOB);

const RETRY_MS = 1000;
/** How often a job looks whether its activity is still wanted. */
const LOOK_MS = 1000;

/** What a job of an activity says. */
interface ActivityJob extends RunKey {
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly taskQueue: string;
}

/** An activity on its way. */
interface Sent {
  readonly queue: QueueName;
  readonly task: QueuedTask;
  readonly priority: number;
  readonly isRepeat: boolean;
}

/** How activities travel. */
export interface ActivityJobsOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly store: RedisStore;
  readonly queues: () => TaskQueues;
  /** How long an activity waits for a free slot of this process before others may have it, in milliseconds. */
  readonly overflowMs: number;
  /** Whether a run is in memory here. */
  readonly isResident: (run: RunKey) => boolean;
  readonly onError: (error: unknown) => void;
}

/** Brings activities that no worker of this process takes to those of others, by jobs of a queue of their own. */
export class ActivityJobs {
  readonly #options: ActivityJobsOptions;

  constructor(options: ActivityJobsOptions) {
    this.#options = options;
  }

  /** No worker took the activity at once. */
  kept(queue: QueueName, task: QueuedTask): void {
    const { store, queues, overflowMs } = this.#options;
    const record = store.recall(task.run)?.record;
    const priority = record === undefined ? 0 : jobPriority(record, record.activities.get(task.scheduledEventId));
    const sent: Sent = { queue, task, priority, isRepeat: false };
    if (queues().isAttended(queue)) this.#sendIn(overflowMs, sent);
    else void this.#send(sent);
  }

  /** Offers the activity of a job to the workers here, until one has taken it or nobody wants it any more. */
  async hold(job: Job, isLeaving: () => boolean): Promise<void> {
    const { store, queues } = this.#options;
    const { scheduledEventId, attempt, taskQueue, ...run } = job.data as ActivityJob;
    const queue: QueueName = { namespace: run.namespace, name: taskQueue, type: 'activity' };
    let left = Promise.withResolvers<void>();
    const id = `${run.runId}/a/${scheduledEventId}/${attempt}`;
    const task: QueuedTask = { kind: 'activity', id, run, scheduledEventId, attempt, onLeft: () => left.resolve() };
    for (;;) {
      left = Promise.withResolvers();
      if (!queues().isWaiting(task)) queues().offer(queue, task);
      await within(LOOK_MS, left.promise);
      const activity = (await store.load(run))?.record;
      const goesOn = activity?.closeTime === undefined && activity?.pause === undefined;
      const pending = goesOn ? activity?.activities.get(scheduledEventId) : undefined;
      if (pending?.attempt === attempt && pending.state === 'scheduled') {
        if (!isLeaving()) continue;
        queues().withdraw(task);
        // Still wanted: another process gets it when nobody prolongs the job any more.
        throw new DelayedError();
      }
      queues().withdraw(task);
      return;
    }
  }

  #sendIn(milliseconds: number, sent: Sent): void {
    systemClock.schedule(systemClock.now() + milliseconds, () => {
      // Of a run that was put aside in the meantime nothing waits here; whether it is still wanted, is seen by who gets the job.
      const { queues, isResident } = this.#options;
      if (queues().isWaiting(sent.task) || !isResident(sent.task.run)) void this.#send(sent);
    });
  }

  async #send(sent: Sent): Promise<void> {
    const { queue, task, priority, isRepeat } = sent;
    const { client, keys, onError } = this.#options;
    const { run, scheduledEventId, attempt } = task;
    const data: ActivityJob = { ...run, scheduledEventId, attempt, taskQueue: queue.name };
    const now = systemClock.now();
    const prefix = `${keys.tag(queue.namespace)}:${queueName(queue.name, 'activities')}:`;
    const options = JSON.stringify({ attempts: 1, removeOnComplete: true, removeOnFail: true });
    const id = activityJobId(run, task);
    try {
      const input = [id, 'activity', JSON.stringify(data), options, priority, now, now];
      const added = await addScript.run(client, [prefix], input);
      // The job of a run that was paused and goes on may be there still, but ending.
      if (added === 0 && !isRepeat) this.#sendIn(RETRY_MS, { ...sent, isRepeat: true });
    } catch (error) {
      onError(error);
      this.#sendIn(RETRY_MS, sent);
    }
  }
}

async function within(milliseconds: number, promise: Promise<void>): Promise<void> {
  const over = Promise.withResolvers<void>();
  const cancel = systemClock.schedule(systemClock.now() + milliseconds, over.resolve);
  await Promise.race([promise, over.promise]);
  cancel();
}
