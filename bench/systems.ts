import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createEmbeddedEngine } from '../src/engines/embedded/index.ts';
import { createWorkflowHost } from '../src/host/host.ts';
import { OfficialWorker, ThreadedVMWorkflowCreator, type WorkflowCreator } from '../src/official.ts';
import { installSeams } from '../src/runtime/worker-seams.ts';
import { bundleFixtures, driveFiveActivities } from '../test/host/driver.ts';
import { activities } from './activities.ts';
import { startOfficialAgents } from './agents/official.ts';
import { type RunningAgents, startAgentsOnTemporal, startEmbeddedAgents } from './agents/ours.ts';
import { isPeer, type Peer, type PeerPlaces, peers, startPeer } from './peers.ts';
import { startRedis, startTwoWorkers } from './redis/system.ts';
import { agentWorkloads, clientOperations, type Operation, timed, type Workload } from './workloads.ts';

/** Every system, and what it is. */
export const systems: Readonly<Record<System, string>> = {
  memory: 'ours, in memory',
  sqlite: 'ours, on SQLite (synchronous FULL)',
  redis: 'ours, on Redis and BullMQ',
  'redis-2': 'ours, on Redis and BullMQ, two processes work',
  temporal: 'official SDK, dev server',
  'ours-temporal': 'ours, dev server',
  'ai-sdk': 'official @temporalio/ai-sdk, dev server',
  'memory-official-host': 'our engine in memory, the official host',
  host: 'our host alone',
  'official-host': 'official host alone',
  ...peers,
};

/** Name of a system. */
export type System =
  | 'memory'
  | 'sqlite'
  | 'redis'
  | 'redis-2'
  | 'temporal'
  | 'ours-temporal'
  | 'ai-sdk'
  | 'memory-official-host'
  | 'host'
  | 'official-host'
  | Peer;

/** A system at work: what can be measured on it. */
export interface RunningSystem {
  readonly operations: Partial<Readonly<Record<Workload, Operation>>>;
  /** Has a long conversation, where there are agents. */
  readonly converse?: RunningAgents['converse'];
  close(): Promise<void>;
}

/** Where a system finds what it needs. */
export interface Surroundings {
  /** File with the bundle of the workflows. */
  readonly codePath: string;
  /** Of the Temporal server. */
  readonly address: string;
  /** URL of a Redis; empty when none is needed. */
  readonly redis: string;
  /** What other systems need. */
  readonly peers: PeerPlaces;
  /** Whether agents are measured, too. */
  readonly agents: boolean;
}

const taskQueue = 'bench';
/** Jobs of a chain have no parent to tell. */
const peerWorkloads: readonly Workload[] = ['5-activities', '3-children', 'signal'];

/** The workloads that a system knows. */
export function knows(system: System, workload: Workload): boolean {
  const isEmbedded = system === 'memory' || system === 'sqlite';
  if (isPeer(system))
    return peerWorkloads.includes(workload) && !(system === 'bullmq-chain' && workload === '3-children');
  if (workload === 'first-token') return isEmbedded;
  if (workload === 'core-figures') return system === 'memory';
  if (workload === 'sqlite-figures') return system === 'sqlite';
  if (workload === 'signal-parked' || workload === 'redis-figures') return system === 'redis';
  if (system === 'ours-temporal' || system === 'ai-sdk' || agentWorkloads.includes(workload)) {
    return agentWorkloads.includes(workload) && (isEmbedded || system === 'ours-temporal' || system === 'ai-sdk');
  }
  if (workload === 'host') return system === 'host' || system === 'official-host';
  if (system === 'host' || system === 'official-host') return false;
  const startsCold: readonly System[] = ['memory', 'sqlite', 'temporal'];
  return startsCold.includes(system) || !workload.startsWith('cold-start');
}

/** Starts a system in this process. */
export async function startSystem(system: System, surroundings: Surroundings): Promise<RunningSystem> {
  if (isPeer(system)) return await startPeer(system, { ...surroundings.peers, redis: surroundings.redis });
  const options = { taskQueue, activities, workflowBundle: { codePath: surroundings.codePath } };
  switch (system) {
    case 'memory':
      return await startEmbedded({ memory: true }, options, surroundings);
    case 'sqlite': {
      const path = join(await mkdtemp(join(tmpdir(), 'perdure-bench-')), 'bench.db');
      return await startEmbedded({ path }, options, surroundings);
    }
    case 'redis':
      return await startRedis(surroundings.redis, options);
    case 'redis-2':
      return await startTwoWorkers(surroundings.redis, surroundings.codePath);
    case 'ours-temporal':
      return await startAgentsOnTemporal(surroundings.address);
    case 'ai-sdk':
      return await startOfficialAgents(surroundings.address);
    case 'memory-official-host':
      return await startWithOfficialHost(options);
    case 'temporal':
      return await startTemporal(surroundings.address, options);
    case 'host':
      return startHost(await createWorkflowHost(await bundleFixtures(), { threads: 1 }));
    default:
      return startHost(await createOfficialHost());
  }
}

async function startEmbedded(
  where: { memory: true } | { path: string },
  options: WorkerOptions,
  surroundings: Surroundings,
): Promise<RunningSystem> {
  const engine = await createEmbeddedEngine(where);
  const worker = await engine.createWorker(options);
  const path = 'path' in where ? where.path : undefined;
  const agents = surroundings.agents ? await startEmbeddedAgents(engine, path) : undefined;
  const system = runWorker(worker, engine.client, async () => {
    await agents?.close();
    await engine.close();
    if (path !== undefined) await rm(join(path, '..'), { recursive: true });
  });
  if (agents === undefined) return system;
  return { ...system, operations: { ...system.operations, ...agents.operations }, converse: agents.converse };
}

/** Our core and dispatcher as they are, below the host that they would replace. */
async function startWithOfficialHost(options: WorkerOptions): Promise<RunningSystem> {
  const Hosting = class extends OfficialWorker {};
  installSeams(Hosting, (bundle, compiled, logger) => OfficialWorker.createWorkflowCreator(bundle, compiled, logger));
  const engine = await createEmbeddedEngine({ memory: true });
  const worker = await Hosting.create({ ...options, connection: engine.nativeConnection });
  return runWorker(worker, engine.client, () => engine.close());
}

async function startTemporal(address: string, options: WorkerOptions): Promise<RunningSystem> {
  const nativeConnection = await NativeConnection.connect({ address });
  const connection = await Connection.connect({ address });
  // A queue of its own: on a server that was there before, others may be at work.
  const own = { ...options, taskQueue: `${taskQueue}-${process.pid}` };
  const worker = await Worker.create({ ...own, connection: nativeConnection });
  return runWorker(
    worker,
    new Client({ connection }),
    async () => {
      await connection.close();
      await nativeConnection.close();
    },
    own.taskQueue,
  );
}

function runWorker(
  worker: Pick<Worker, 'run' | 'shutdown'>,
  client: Client,
  closeEngine: () => Promise<void>,
  queue: string = taskQueue,
): RunningSystem {
  const running = worker.run();
  return {
    operations: clientOperations(client, queue),
    close: async () => {
      worker.shutdown();
      await running;
      await closeEngine();
    },
  };
}

function startHost(creator: WorkflowCreator): RunningSystem {
  return {
    operations: { host: () => timed(() => driveFiveActivities(creator)) },
    close: () => creator.destroy(),
  };
}

async function createOfficialHost(): Promise<WorkflowCreator> {
  return await ThreadedVMWorkflowCreator.create({
    workflowBundle: await bundleFixtures(),
    threadPoolSize: 1,
    isolateExecutionTimeoutMs: 5000,
    reuseV8Context: true,
    registeredActivityNames: new Set(),
    logger: new DefaultLogger('ERROR'),
  });
}
