import { createRoutedEngine } from '../../../src/engines/index.ts';
import { quiet } from './quiet.ts';
import type { OwnedTarget } from './temporal.ts';

/** A routed engine of two in memory, all of whose starts go to the second one: what is true of one engine is true of both together. */
export async function routedTarget(): Promise<OwnedTarget> {
  quiet();
  const memory = { type: 'embedded', memory: true } as const;
  const engine = await createRoutedEngine({ engines: { first: memory, second: memory }, default: 'second' });
  return {
    target: {
      name: 'routed',
      reference: false,
      cached: true,
      namespace: 'default',
      client: engine.client,
      createWorker: (options) => engine.createWorker({ workflowThreadPoolSize: 1, ...options }),
    },
    close: () => engine.close(),
  };
}
