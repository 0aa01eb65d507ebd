import { setTimeout as delay } from 'node:timers/promises';
import type { Job, Processor, WorkerOptions } from 'bullmq';
import { DelayedError, Worker } from 'bullmq';
import { StoreError } from '../../core/store.ts';
import { grpcStatus, hasCode } from '../../runtime/errors.ts';
import { Consumption } from './consumption.ts';
import { JobLocks } from './job-locks.ts';
import { queueName } from './keys.ts';
import type { JobKind, Keys } from './keys.ts';
import type { RedisClient } from './redis.ts';
import type { WorkersSettings } from './options.ts';

/** Who has jobs: one worker of this process, from its beginning to its end. */
export interface Holder {
  /** Prefix of the keys of BullMQ's queue. */
  readonly queue: string;
  /** It gives back what it has. */
  readonly isLeaving: boolean;
}

/** Does the work of a job, until its holder leaves. */
export type Hold = (job: Job, token: string, holder: Holder) => Promise<void>;

/** How often is looked whether a queue is paused, in milliseconds. */
const LOOK_MS = 1000;
/** How often is looked whether jobs are taken, in milliseconds. */
const PROBE_MS = 15_000;
/** How long a worker that takes nothing may need to end before another one begins, in milliseconds. */
const END_MS = 5_000;

/** What is set for one of BullMQ's queues, by whom ever. */
export interface QueueState {
  readonly taskQueue: string;
  /** Prefix of its keys. */
  readonly queue: string;
  /** No more jobs are taken. */
  readonly isPaused: boolean;
  /** There is a bound to the jobs that are active at once, in all processes. */
  readonly isBounded: boolean;
}

/** One of BullMQ's queues that this process takes jobs from. */
interface Claim extends Holder {
  readonly worker: Worker;
  isLeaving: boolean;
  /** Ends looking at its state, and at whether its jobs are taken. */
  readonly stopLooking: () => void;
}

/** How jobs are taken. */
export interface ClaimsOptions {
  /** For BullMQ; shared by all its workers, each of which has another one to wait with. */
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly kind: JobKind;
  readonly settings: (taskQueue: string) => WorkersSettings;
  /** Jobs of one queue that are here at once. */
  readonly concurrency: number;
  readonly hold: Hold;
  /** Their locks could not be prolonged: other processes may have them. */
  readonly onLost: (jobIds: readonly string[], holder: Holder) => void;
  /** Gives back what a holder has. */
  readonly giveBack: (holder: Holder) => Promise<void>;
  /** How often is looked whether jobs that wait are taken, in milliseconds. Default: 15 s. */
  readonly probeMs?: number;
  /** Told often how a queue is. */
  readonly onState?: (queue: QueueState) => void;
  readonly onError: (error: unknown) => void;
}

/** Takes jobs from the queues that workers of this process read. */
export class Claims {
  readonly #options: ClaimsOptions;
  readonly #claims = new Map<string, Claim>();
  readonly #endings = new Set<Promise<void>>();
  /** All workers that have not ended yet, and the locks of their jobs. */
  readonly #workers = new Map<Worker, JobLocks>();
  /** Task queues whose workers are about to begin again. */
  readonly #restarting = new Set<string>();

  constructor(options: ClaimsOptions) {
    this.#options = options;
  }

  /** Whether no jobs are taken. */
  get isIdle(): boolean {
    return this.#claims.size === 0;
  }

  /** Whether jobs of a task queue are taken. */
  has(taskQueue: string): boolean {
    return this.#claims.has(taskQueue);
  }

  /** Begins to take the jobs of a task queue. */
  begin(taskQueue: string): void {
    if (this.#claims.has(taskQueue)) return;
    this.#restarting.delete(taskQueue);
    const { client, keys, namespace, kind, concurrency, hold, onError } = this.#options;
    const settings = this.#options.settings(taskQueue);
    const name = queueName(taskQueue, kind);
    const tag = keys.tag(namespace);
    const prefix = `${tag}:${name}:`;
    const options: WorkerOptions = {
      connection: client,
      prefix: tag,
      concurrency,
      lockDuration: settings.lockDuration,
      skipLockRenewal: true,
      stalledInterval: settings.stalledInterval,
      maxStalledCount: settings.maxStalledCount,
      runRetryDelay: 1000,
    };
    const consumption = new Consumption({ client, queue: prefix, capacity: concurrency });
    const processor: Processor = async (job, token = '') => {
      const ended = consumption.took();
      const release = locks.hold(job.id ?? '', token);
      try {
        await hold(job, token, claim);
      } catch (error) {
        if (error instanceof DelayedError) throw error;
        onError(error);
        // The job stays as it is until nobody prolongs it any more; then it is tried again.
        if (isPassing(error)) throw new DelayedError();
        throw error;
      } finally {
        release();
        ended();
      }
    };
    const worker = new Worker(name, processor, options);
    const locks = this.#locks(worker, taskQueue, settings.lockDuration, () => claim);
    const stops = [this.#watch(taskQueue, prefix), this.#probe(taskQueue, consumption)];
    const stopLooking = (): void => {
      for (const stop of stops) stop();
    };
    const claim: Claim = { worker, queue: prefix, isLeaving: false, stopLooking };
    this.#workers.set(worker, locks);
    worker.on('error', onError);
    this.#claims.set(taskQueue, claim);
  }

  /** Takes no more jobs of a task queue, and gives back those that are here. */
  async end(taskQueue: string): Promise<void> {
    this.#restarting.delete(taskQueue);
    const claim = this.#claims.get(taskQueue);
    if (claim === undefined) return;
    this.#claims.delete(taskQueue);
    const ending = this.#end(claim);
    this.#endings.add(ending);
    await ending.finally(() => this.#endings.delete(ending));
  }

  /** Ends all, those included that are about to end. */
  async close(): Promise<void> {
    this.#restarting.clear();
    await Promise.all([...Array.from(this.#claims.keys(), (taskQueue) => this.end(taskQueue)), ...this.#endings]);
  }

  /**
   * Gives up on workers that do not end. BullMQ waits for ever for what a Redis that is away does not answer, so the process would never exit.
   */
  abandon(): void {
    for (const [worker, locks] of this.#workers) {
      locks.close();
      worker.disconnect().catch(() => undefined);
      worker
        .getBackend()
        .disconnectBlocking(false)
        .catch(() => undefined);
    }
  }

  #locks(worker: Worker, taskQueue: string, duration: number, holder: () => Holder): JobLocks {
    const { kind, onLost, onError } = this.#options;
    return new JobLocks({
      duration,
      prolong: (jobIds, tokens) => worker.extendJobLocks(jobIds, tokens, duration),
      onLost: (jobIds) => {
        const problem = `Locks of jobs (${kind}) of the task queue ${taskQueue} could not be prolonged in time`;
        onError(new Error(`${problem}; others may have them: ${jobIds.join(', ')}`));
        onLost(jobIds, holder());
      },
      onError,
    });
  }

  /** BullMQ tells its workers nothing of a pause; they find nothing to take. */
  #watch(taskQueue: string, queue: string): () => void {
    const { client, onState, onError } = this.#options;
    if (onState === undefined) return () => undefined;
    const look = async (): Promise<void> => {
      const [paused, bound] = await client.hmget(`${queue}meta`, 'paused', 'concurrency');
      if (this.has(taskQueue)) onState({ taskQueue, queue, isPaused: paused !== null, isBounded: bound !== null });
    };
    const timer = setInterval(() => void look().catch(onError), LOOK_MS);
    void look().catch(onError);
    return () => clearInterval(timer);
  }

  /** A worker that lives and takes nothing would leave its queue to others, or to nobody. */
  #probe(taskQueue: string, consumption: Consumption): () => void {
    const { probeMs = PROBE_MS, onError } = this.#options;
    const look = async (): Promise<void> => {
      try {
        if (await consumption.isStuck()) await this.#restart(taskQueue);
      } catch (error) {
        if (this.has(taskQueue)) onError(error);
      }
    };
    const timer = setInterval(() => void look(), probeMs).unref();
    return () => clearInterval(timer);
  }

  async #restart(taskQueue: string): Promise<void> {
    const { kind, onError } = this.#options;
    if (!this.#claims.has(taskQueue)) return;
    const problem = `Jobs (${kind}) of the task queue ${taskQueue} wait, and its worker in this process takes none.`;
    onError(new Error(`${problem} It is started anew.`));
    const ended = this.end(taskQueue);
    this.#restarting.add(taskQueue);
    await Promise.race([ended, delay(END_MS, undefined, { ref: false })]);
    // Unless it was ended, or begun, meanwhile.
    if (this.#restarting.has(taskQueue)) this.begin(taskQueue);
  }

  async #end(claim: Claim): Promise<void> {
    claim.isLeaving = true;
    claim.stopLooking();
    try {
      await claim.worker.pause(true);
      await this.#options.giveBack(claim);
      await claim.worker.close();
      this.#workers.get(claim.worker)?.close();
      this.#workers.delete(claim.worker);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}

/** Whether the same may work later: a store that cannot be used, as it is seen here or as a caller of the service gets it. */
function isPassing(error: unknown): boolean {
  if (error instanceof StoreError) return true;
  return hasCode(error, grpcStatus.UNAVAILABLE, grpcStatus.RESOURCE_EXHAUSTED, grpcStatus.ABORTED);
}
