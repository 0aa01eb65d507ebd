import { type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import { Redis } from 'ioredis';
import { createBullmqEngine, type BullmqEngine } from '../../src/engines/bullmq/index.ts';
import { forkFile, nextMessage } from '../fork.ts';
import { clientOperations, type Operation, timed, type Workload } from '../workloads.ts';
import { input, type untilSignal, waiting } from '../workflows/index.ts';

/** Our engine on Redis at work. */
export interface RunningRedis {
  readonly operations: Partial<Readonly<Record<Workload, Operation>>>;
  close(): Promise<void>;
}

/** What the worker of a bench runs. */
export type BenchWorker = Pick<WorkerOptions, 'activities' | 'workflowBundle'>;

const namespace = 'default';
const taskQueue = 'bench';

/** One process does all: asks, and works. */
export async function startRedis(url: string, worker: BenchWorker): Promise<RunningRedis> {
  const living = await liveWith(url, worker, undefined);
  // Runs that wait leave memory at once.
  const parking = await liveWith(url, worker, 0);
  return {
    operations: {
      ...clientOperations(living.engine.client, taskQueue),
      'signal-parked': () => signalParked(parking.engine.client, parking),
    },
    close: async () => {
      await Promise.all([living.close(), parking.close()]);
    },
  };
}

/** Two processes work; this one only asks. */
export async function startTwoWorkers(url: string, codePath: string): Promise<RunningRedis> {
  const prefix = newPrefix();
  const workers = await Promise.all([1, 2].map(() => WorkerProcess.start({ url, prefix, codePath, taskQueue })));
  const engine = await createBullmqEngine({ redis: url, prefix });
  return {
    operations: clientOperations(engine.client, taskQueue),
    close: async () => {
      await engine.close();
      await Promise.all(workers.map((process) => process.close()));
      await clear(url, prefix);
    },
  };
}

/** What a process that only works is told. */
export interface WorkerProcessOptions {
  readonly url: string;
  readonly prefix: string;
  /** File with the bundle of the workflows. */
  readonly codePath: string;
  readonly taskQueue: string;
  /** See the engine's option of this name. */
  readonly linger?: number;
}

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it works. */
  static async start(options: WorkerProcessOptions): Promise<WorkerProcess> {
    const child = forkFile('redis/worker-process.ts', [JSON.stringify(options)]);
    await nextMessage(child, 'a worker on Redis');
    return new WorkerProcess(child);
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }

  /** Ends it with no order at all. */
  async kill(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** A prefix that nobody else has: others may use the same Redis. */
export function newPrefix(): string {
  return `bench-${randomUUID()}`;
}

/** Forgets all that a bench has left. */
export async function clear(url: string, prefix: string): Promise<void> {
  const client = new Redis(url);
  for await (const keys of client.scanStream({ match: `*${prefix}*`, count: 1000 }) as AsyncIterable<string[]>) {
    if (keys.length > 0) await client.unlink(keys);
  }
  client.disconnect();
}

/** The key of the jobs that a queue has put aside. */
function delayedKey(prefix: string, queue: string = taskQueue): string {
  return `{${prefix}.${namespace}}:${queue}:delayed`;
}

/** Resolves once the run's job is put aside. */
export async function untilParked(redis: Redis, prefix: string, runId: string): Promise<void> {
  while ((await redis.zscore(delayedKey(prefix), runId)) === null) await delay(1);
}

interface Living {
  readonly engine: BullmqEngine;
  readonly redis: Redis;
  readonly prefix: string;
  close(): Promise<void>;
}

async function liveWith(url: string, options: BenchWorker, linger: number | undefined): Promise<Living> {
  const prefix = newPrefix();
  const redis = new Redis(url);
  const engine = await createBullmqEngine({
    redis: url,
    prefix,
    ...(linger === undefined ? {} : { workers: { linger } }),
  });
  const worker = await engine.createWorker({ ...options, taskQueue });
  const running = worker.run();
  const close = async (): Promise<void> => {
    worker.shutdown();
    await running;
    await engine.close();
    redis.disconnect();
    await clear(url, prefix);
  };
  return { engine, redis, prefix, close };
}

async function signalParked(client: Client, { redis, prefix }: Living): Promise<number> {
  const handle = await client.workflow.start<typeof untilSignal>('untilSignal', {
    taskQueue,
    workflowId: randomUUID(),
  });
  await untilParked(redis, prefix, handle.firstExecutionRunId);
  return timed(async () => {
    await handle.signal(input, 'go on');
    await handle.result();
  });
}

/** Starts a run that waits for a signal, and waits until it does. */
export async function startWaiting(
  client: Client,
): Promise<WorkflowHandle<typeof untilSignal> & { readonly firstExecutionRunId: string }> {
  const handle = await client.workflow.start<typeof untilSignal>('untilSignal', {
    taskQueue,
    workflowId: randomUUID(),
  });
  await handle.query(waiting);
  return handle;
}
