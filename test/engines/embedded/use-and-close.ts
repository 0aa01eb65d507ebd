// A program of its own: uses an embedded engine, closes it, and has to end by itself.
import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createEmbeddedEngine } from '../../../src/engines/embedded/index.ts';

const [place = 'memory', part = 'all'] = process.argv.slice(2);
const engine = await createEmbeddedEngine(place === 'memory' ? { memory: true } : { path: place });
const options = { taskQueue: 'greeters', workflowId: 'greeting', args: ['World'] };

if (part === 'start') {
  await engine.client.workflow.start('greetings', options);
  await engine.close();
  process.stdout.write('started');
} else {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const worker = await engine.createWorker({
    taskQueue: options.taskQueue,
    workflowsPath: fileURLToPath(new URL('../workflows.ts', import.meta.url)),
    activities: { greet: async (name: string) => `Hello, ${name}` },
  });
  // Also a worker that never runs must not keep the process alive.
  await engine.createWorker({ taskQueue: 'idle', activities: { nothing: async () => {} } });
  const result: unknown = await worker.runUntil(async () => {
    if (part === 'all') await engine.client.workflow.start('greetings', options);
    return await engine.client.workflow.result('greeting');
  });
  await engine.close();
  const runtime = Reflect.get(Runtime, '_instance') === undefined ? 'none' : 'left';
  process.stdout.write(`${String(result)}; signal handlers: ${process.listenerCount('SIGTERM')}; runtime: ${runtime}`);
}

// Passes only while something else keeps the process alive.
setTimeout(() => process.exit(1), 5000).unref();
