/** A worker on Redis in a process of its own: `worker-process.ts OPTIONS`. Ends when its parent does, or no longer talks to it. */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createBullmqEngine } from '../../src/engines/bullmq/index.ts';
import { activities } from '../activities.ts';
import type { WorkerProcessOptions } from './system.ts';

const { url, prefix, codePath, taskQueue, linger } = JSON.parse(process.argv[2] ?? '{}') as WorkerProcessOptions;

Runtime.install({ logger: new DefaultLogger('WARN') });
const engine = await createBullmqEngine({
  redis: url,
  prefix,
  ...(linger === undefined ? {} : { workers: { linger } }),
});
const worker = await engine.createWorker({ taskQueue, activities, workflowBundle: { codePath } });
const running = worker.run();
process.once('disconnect', () => {
  worker.shutdown();
  void running.then(() => engine.close()).then(() => process.exit());
});
process.send?.('ready');
