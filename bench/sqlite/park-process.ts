/** Makes a file with some runs that wait for a signal: `park-process.ts BUNDLE FILE`. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { activities } from '../activities.ts';
import { type untilSignal, waiting } from '../workflows/index.ts';

const RUNS = 100;
const taskQueue = 'bench';
const [codePath = '', path = ''] = process.argv.slice(2);

Runtime.install({ logger: new DefaultLogger('ERROR') });
const engine = await createEmbeddedEngine({ path });
const worker = await engine.createWorker({ taskQueue, workflowBundle: { codePath }, activities });
const working = worker.run();
for (let index = 0; index < RUNS; index++) {
  const workflowId = `park-${String(index).padStart(8, '0')}`;
  const handle = await engine.client.workflow.start<typeof untilSignal>('untilSignal', { taskQueue, workflowId });
  await handle.query(waiting);
}
worker.shutdown();
await working;
await engine.close();
process.send?.('done');
