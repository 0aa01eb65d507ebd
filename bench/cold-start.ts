/** A process that does one run and says so: `cold-start.ts SYSTEM ENGINE_MODULE WORKFLOWS SURROUNDINGS`. What it loads is all that it needs. */
import type { Client } from '@temporalio/client';
import type { WorkerOptions } from '@temporalio/worker';
import type * as Embedded from '../src/engines/embedded/index.ts';
import type { PerdureWorker } from '../src/engine/index.ts';
import type { fiveActivities } from './workflows/index.ts';

const [system, engineModule = '', workflows = '', place = ''] = process.argv.slice(2);
const options: WorkerOptions = {
  taskQueue: `cold-start-${process.pid}`,
  activities: { model: async (turn: number) => `model ${turn}`, tool: async (turn: number) => `tool ${turn}` },
  ...(workflows.endsWith('.ts') ? { workflowsPath: workflows } : { workflowBundle: { codePath: workflows } }),
};

interface Started {
  readonly client: Client;
  readonly worker: PerdureWorker;
}

async function start(): Promise<Started> {
  if (system === 'temporal') return await startTemporal();
  const { createEmbeddedEngine } = (await import(engineModule)) as typeof Embedded;
  const engine = await createEmbeddedEngine(system === 'memory' ? { memory: true } : { path: place });
  return { client: engine.client, worker: await engine.createWorker(options) };
}

async function startTemporal(): Promise<Started> {
  const { Client, Connection } = await import('@temporalio/client');
  const { DefaultLogger, NativeConnection, Runtime, Worker } = await import('@temporalio/worker');
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const connection = await NativeConnection.connect({ address: place });
  const worker = await Worker.create({ ...options, connection });
  return { client: new Client({ connection: await Connection.connect({ address: place }) }), worker };
}

const { client, worker } = await start();
void worker.run();
const { taskQueue } = options;
await client.workflow.execute<typeof fiveActivities>('fiveActivities', {
  taskQueue,
  workflowId: taskQueue,
  args: ['hi'],
});
process.send?.(process.cpuUsage());
