import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import type { RunKey } from '../../core/record.ts';
import { DEFAULT_TURN, type Turn } from '../../core/run/turn.ts';
import type { QueueName } from '../../runtime/matching/queue-name.ts';
import type { QueuedTask, TaskQueues } from '../../runtime/matching/task-queues.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { isOver } from '../../runtime/is-over.ts';
import type { Holder } from './claims.ts';
import { jobPriority } from './commit-arguments.ts';
import { activityJobId, queueName } from './keys.ts';
import { ADD_JOB, PUT_BACK } from './lua-jobs.ts';
import { Script } from './redis.ts';
import type { Shared } from './shared.ts';

const addScript = new Script(ADD_JOB);
const putBackScript = new Script(PUT_BACK);

const RETRY_MS = 1000;
/** How often a job looks whether its activity is still wanted. */
const LOOK_MS = 1000;

/** What a job of an activity says. */
interface ActivityJob extends RunKey {
  readonly scheduledEventId: number;
  readonly attempt: number;
  readonly taskQueue: string;
  /** When its turn comes; left out for the default's. */
  readonly turn?: Turn | undefined;
}

/** An activity on its way. */
interface Sent {
  readonly queue: QueueName;
  readonly task: QueuedTask;
  readonly priority: number;
  readonly isRepeat: boolean;
}

/** How activities travel. */
export interface ActivityJobsOptions extends Pick<Shared, 'client' | 'keys' | 'store' | 'onError'> {
  readonly queues: () => TaskQueues;
  /** How long an activity waits for a free slot of this process before others may have it, in milliseconds. */
  readonly overflowMs: number;
  /** Whether a run is in memory here. */
  readonly isResident: (run: RunKey) => boolean;
}

/** Brings activities that no worker of this process takes to those of others, by jobs of a queue of their own. */
export class ActivityJobs {
  readonly #options: ActivityJobsOptions;
  /** Cancel what would be sent later. */
  readonly #waiting = new Set<() => void>();
  #isClosed = false;

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

  /**
   * Offers the activity of a job to the workers here, until one has taken it or nobody wants it any more.
   * @throws DelayedError when it is still wanted and its holder leaves: another process has the job at once.
   */
  async hold(job: Job, token: string, holder: Holder): Promise<void> {
    const { queues } = this.#options;
    const { scheduledEventId, attempt, taskQueue, turn, ...run } = job.data as ActivityJob;
    const queue: QueueName = { namespace: run.namespace, name: taskQueue, type: 'activity' };
    let left = Promise.withResolvers<void>();
    const id = `${run.runId}/a/${scheduledEventId}/${attempt}`;
    const onLeft = (): void => left.resolve();
    const task: QueuedTask = { kind: 'activity', id, run, scheduledEventId, attempt, turn, onLeft };
    try {
      for (;;) {
        left = Promise.withResolvers();
        if (!queues().isWaiting(task)) queues().offer(queue, task);
        await isOver(left.promise, LOOK_MS);
        if (!(await this.#isWanted(run, task))) return;
        if (holder.isLeaving) break;
      }
    } finally {
      queues().withdraw(task);
    }
    await this.#putBack(job, token, holder);
    throw new DelayedError();
  }

  /** Sends nothing any more. What is not sent yet is seen to by whoever takes over the run. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#waiting) cancel();
    this.#waiting.clear();
  }

  async #isWanted(run: RunKey, { scheduledEventId, attempt }: QueuedTask): Promise<boolean> {
    const record = (await this.#options.store.load(run))?.record;
    if (record === undefined || record.closeTime !== undefined || record.pause !== undefined) return false;
    const pending = record.activities.get(scheduledEventId);
    return pending?.attempt === attempt && pending.state === 'scheduled';
  }

  async #putBack(job: Job, token: string, { queue }: Holder): Promise<void> {
    const { client, onError } = this.#options;
    const input = [job.id ?? '', token, String(job.attemptsStarted), systemClock.now()];
    try {
      await putBackScript.run(client, [queue], input);
    } catch (error) {
      // BullMQ gives it to others when it is not prolonged any more.
      onError(error);
    }
  }

  #sendIn(milliseconds: number, sent: Sent): void {
    if (this.#isClosed) return;
    const cancel = systemClock.schedule(systemClock.now() + milliseconds, () => {
      this.#waiting.delete(cancel);
      // Of a run that was put aside in the meantime nothing waits here; whether it is still wanted, is seen by who gets the job.
      const { queues, isResident } = this.#options;
      if (queues().isWaiting(sent.task) || !isResident(sent.task.run)) void this.#send(sent);
    });
    this.#waiting.add(cancel);
  }

  async #send(sent: Sent): Promise<void> {
    const { queue, task, priority, isRepeat } = sent;
    const { client, keys, onError } = this.#options;
    const { run, scheduledEventId, attempt } = task;
    const turn = task.turn === DEFAULT_TURN ? undefined : task.turn;
    const data: ActivityJob = { ...run, scheduledEventId, attempt, taskQueue: queue.name, turn };
    const share = turn === undefined || turn.fairnessKey === '' ? '' : `${turn.fairnessWeight} ${turn.fairnessKey}`;
    const now = systemClock.now();
    const prefix = `${keys.tag(queue.namespace)}:${queueName(queue.name, 'activities')}:`;
    const options = JSON.stringify({ attempts: 1, removeOnComplete: true, removeOnFail: true });
    const id = activityJobId(run, task);
    try {
      const input = [id, 'activity', JSON.stringify(data), options, priority, now, now, share];
      const added = await addScript.run(client, [prefix], input);
      // The job of a run that was paused and goes on may be there still, but ending.
      if (added === 0 && !isRepeat) this.#sendIn(RETRY_MS, { ...sent, isRepeat: true });
    } catch (error) {
      onError(error);
      this.#sendIn(RETRY_MS, sent);
    }
  }
}
