import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { WorkerOptions, WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { Queue } from 'bullmq';
import { type BullmqEngine, type BullmqEngineOptions, createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { type JobKind, Keys, queueName } from '../../../src/engines/bullmq/keys.ts';
import { bundleOf } from '../../support/bundle.ts';
import { until } from '../../support/redis-process.ts';
import { createRedisUser } from '../../support/redis-user.ts';
import type { RedisUser } from '../../support/redis-user.ts';
import { redisUrl } from './support.ts';

type Activities = Record<string, () => Promise<string>>;

/** Bundles the workflows of these tests. */
export async function bundle(): Promise<WorkflowBundleWithSourceMap> {
  const workflowsPath = fileURLToPath(new URL('fixtures/workflows.ts', import.meta.url));
  return await bundleOf(workflowsPath);
}

/** Engines that share one prefix in Redis: each is what one process would have. */
export class Scene {
  readonly prefix: string = `test-${randomUUID()}`;
  readonly taskQueue: string = 'queue';
  readonly keys: Keys = new Keys(this.prefix);
  readonly errors: unknown[] = [];
  readonly #bundle: WorkflowBundleWithSourceMap;
  readonly #url: string;
  /** May do no more than is documented. */
  #user: Promise<RedisUser> | undefined;
  readonly #closes: (() => Promise<unknown>)[] = [];

  constructor(code: WorkflowBundleWithSourceMap, url: string = redisUrl ?? '') {
    this.#bundle = code;
    this.#url = url;
  }

  /** A process without a worker. */
  async engine(options: BullmqEngineOptions = {}): Promise<BullmqEngine> {
    if (options.redis === undefined) this.#user ??= createRedisUser(this.#url, this.prefix);
    const engine = await createBullmqEngine({
      redis: (await this.#user)?.url ?? '',
      prefix: this.prefix,
      onError: (error) => this.errors.push(error),
      ...options,
      workers: { lockDuration: 6000, stalledInterval: 1000, linger: 100, ...options.workers },
    });
    this.#closes.push(() => engine.close());
    return engine;
  }

  /** A worker that runs until the returned function is called, or the test is over. */
  async work(engine: BullmqEngine, options: Partial<WorkerOptions> = {}): Promise<() => Promise<void>> {
    const worker = await engine.createWorker({
      taskQueue: this.taskQueue,
      workflowBundle: this.#bundle,
      workflowThreadPoolSize: 1,
      shutdownGraceTime: '1s',
      ...options,
    });
    const running = worker.run();
    let isStopped = false;
    const stop = async (): Promise<void> => {
      if (!isStopped) worker.shutdown();
      isStopped = true;
      await running;
    };
    this.#closes.push(stop);
    return stop;
  }

  /** A worker for activities alone. */
  async workActivities(engine: BullmqEngine, taskQueue: string, activities: Activities): Promise<() => Promise<void>> {
    const worker = await engine.createWorker({ taskQueue, activities, shutdownGraceTime: '1s' });
    const running = worker.run();
    const stop = async (): Promise<void> => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await running;
    };
    this.#closes.push(stop);
    return stop;
  }

  /** BullMQ's view of the runs of the task queue, of its activities, or of job schedulers. */
  queue(kind: JobKind = 'runs', taskQueue: string = this.taskQueue): Queue {
    const connection = { url: this.#url };
    const queue = new Queue(queueName(taskQueue, kind), { connection, prefix: this.keys.tag('default') });
    this.#closes.push(() => queue.close());
    return queue;
  }

  /** Resolves once the job of a run is in a state. */
  async untilJob(queue: Queue, runId: string, wanted: string): Promise<void> {
    await until(async () => (await queue.getJobState(runId)) === wanted, `job ${runId} is ${wanted}`);
  }

  /** Ends everything, the last first. */
  async close(): Promise<void> {
    for (let close = this.#closes.pop(); close !== undefined; close = this.#closes.pop()) await close();
    await (await this.#user)?.close();
  }
}
