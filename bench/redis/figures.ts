/** What the engine on Redis costs and how fast it recovers: measured once, with the worker in a process of its own. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Redis } from 'ioredis';
import { createBullmqEngine } from '../../src/engines/bullmq/index.ts';
import type { fiveActivities, untilSignal } from '../workflows/index.ts';
import { input } from '../workflows/index.ts';
import { monitorOf } from './monitor.ts';
import { clear, newPrefix, startWaiting, untilParked, WorkerProcess } from './system.ts';
import type { WorkerProcessOptions } from './system.ts';

/** What was measured. */
export interface RedisFigures {
  /** Commands that the worker's process sends for a run of five activities, one run at a time. A script is one command. */
  readonly commandsPerRun: number;
  /** The same, with 20 runs at a time. */
  readonly commandsPerRunLoaded: number;
  /** By name of the command, one run at a time. */
  readonly commands: Readonly<Record<string, number>>;
  /** Memory of Redis for one more run that waits for a signal, with all that belongs to it, in bytes. */
  readonly parkedBytes: number;
  /** From SIGKILL of the worker that has the run in memory to its result from another one, in milliseconds, with the default lock. */
  readonly killToResultMs: number;
}

const taskQueue = 'bench';
const RUNS = 40;
const PARKED = 300;

/** Measures all of it. */
export async function redisFigures(url: string, codePath: string): Promise<RedisFigures> {
  const prefix = newPrefix();
  const redis = new Redis(url);
  const engine = await createBullmqEngine({ redis: url, prefix });
  const options = { url, prefix, codePath, taskQueue };
  try {
    const alone = await countCommands(redis, engine.client, options, 1);
    const loaded = await countCommands(redis, engine.client, options, 20);
    return {
      commandsPerRun: sum(alone),
      commandsPerRunLoaded: sum(loaded),
      commands: Object.fromEntries(alone),
      parkedBytes: await measureParked(redis, engine.client, options),
      killToResultMs: await measureKill(engine.client, options),
    };
  } finally {
    await engine.close();
    redis.disconnect();
    await clear(url, prefix);
  }
}

/** The figures for people. */
export function formatRedisFigures(figures: RedisFigures): string {
  const { commandsPerRun, commandsPerRunLoaded, commands, parkedBytes, killToResultMs } = figures;
  const names = Object.entries(commands)
    .toSorted(([, a], [, b]) => b - a)
    .filter(([, count]) => count >= 0.05)
    .map(([name, count]) => `${name} ${count.toFixed(1)}`);
  return [
    '',
    'redis-figures: ours, on Redis and BullMQ',
    `  commands of the worker for a run of 5 activities: ${commandsPerRun.toFixed(1)} (${names.join(', ')}), aim 12`,
    `  the same with 20 runs at once: ${commandsPerRunLoaded.toFixed(1)}`,
    `  memory of Redis for a parked run: ${parkedBytes.toFixed(0)} bytes, aim below 6 KB beside payloads`,
    `  SIGKILL of the worker to the result from another: ${(killToResultMs / 1000).toFixed(1)} s, aim about 10 s`,
  ].join('\n');
}

async function countCommands(
  redis: Redis,
  client: Client,
  options: WorkerProcessOptions,
  inFlight: number,
): Promise<ReadonlyMap<string, number>> {
  const before = await addresses(redis);
  const worker = await WorkerProcess.start(options);
  try {
    await runMany(client, inFlight, inFlight * 2);
    const own = [...(await addresses(redis))].filter((address) => !before.has(address));
    const monitor = await monitorOf(options.url, new Set(own));
    await runMany(client, inFlight, RUNS);
    // What the worker says after the result is known.
    await delay(300);
    monitor.end();
    return new Map(Array.from(monitor.counts, ([name, count]) => [name, count / RUNS]));
  } finally {
    await worker.close();
  }
}

async function addresses(redis: Redis): Promise<Set<string>> {
  const list = String(await redis.client('LIST'));
  return new Set(Array.from(list.matchAll(/ addr=(\S+)/g), ([, address = '']) => address));
}

async function runMany(client: Client, inFlight: number, count: number): Promise<void> {
  let begun = 0;
  const fly = async (): Promise<void> => {
    while (begun++ < count) {
      const start = { taskQueue, workflowId: randomUUID(), args: ['hi'] as [string] };
      await client.workflow.execute<typeof fiveActivities>('fiveActivities', start);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, fly));
}

async function measureParked(redis: Redis, client: Client, options: WorkerProcessOptions): Promise<number> {
  const worker = await WorkerProcess.start({ ...options, linger: 0 });
  try {
    // The first make what is there once for all.
    await park(redis, client, options.prefix, 20);
    const before = await usedBy(redis, options.prefix);
    await park(redis, client, options.prefix, PARKED);
    return ((await usedBy(redis, options.prefix)) - before) / PARKED;
  } finally {
    await worker.close();
  }
}

async function park(redis: Redis, client: Client, prefix: string, count: number): Promise<void> {
  for (let begun = 0; begun < count; begun += 20) {
    const runs = Array.from({ length: Math.min(20, count - begun) }, async () => {
      const { firstExecutionRunId } = await client.workflow.start<typeof untilSignal>('untilSignal', {
        taskQueue,
        workflowId: randomUUID(),
      });
      await untilParked(redis, prefix, firstExecutionRunId);
    });
    await Promise.all(runs);
  }
}

/** Memory of all keys of a prefix; streams of events that BullMQ cuts are left out. */
async function usedBy(redis: Redis, prefix: string): Promise<number> {
  let used = 0;
  for await (const keys of redis.scanStream({ match: `*${prefix}*`, count: 1000 }) as AsyncIterable<string[]>) {
    const own = keys.filter((key) => !key.endsWith(':events'));
    const sizes = await Promise.all(own.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
    used += sizes.reduce<number>((total, size) => total + (size ?? 0), 0);
  }
  return used;
}

async function measureKill(client: Client, options: WorkerProcessOptions): Promise<number> {
  const first = await WorkerProcess.start(options);
  const handle = await startWaiting(client);
  const second = await WorkerProcess.start(options);
  try {
    const killed = performance.now();
    await first.kill();
    await handle.signal(input, 'go on');
    await handle.result();
    return performance.now() - killed;
  } finally {
    await second.close();
  }
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
