import { DefaultLogger, Runtime } from '@temporalio/worker';
import { connect, type Perdure } from 'perdure';
import { openEngine } from 'perdure/engines';
import { createWorker, type AgentWorkerOptions } from 'perdure/worker';

/** Only errors: what a worker says of itself would stand between the lines of an example. */
export function quiet(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}

/**
 * Engine, worker and client in this process and in memory, for as long as `use` takes. A real application has `runWorker` in one process and
 * `connect` in another; `first-agent.ts` shows what happens here.
 */
export async function locally(
  options: Omit<AgentWorkerOptions, 'engine'>,
  use: (perdure: Perdure) => Promise<void>,
): Promise<void> {
  quiet();
  const engine = await openEngine({ type: 'embedded', memory: true });
  const worker = await createWorker({ ...options, engine });
  const working = worker.run();
  try {
    // Ctrl-C ends the worker, and nobody would be left to come to a result.
    await Promise.race([use(await connect({ engine })), working]);
  } finally {
    worker.shutdown();
    await working;
    await engine.close();
  }
}
