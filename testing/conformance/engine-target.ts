import type { Engine } from '../../src/engine/index.ts';
import type { ConformanceTarget } from './target.ts';

/**
 * An engine as the suite sees it. Who made the engine closes it.
 * @example
 * const target = engineTarget(engine);
 * for (const scenario of scenarios) await runScenario(target, scenario);
 */
export function engineTarget(engine: Engine): ConformanceTarget {
  return {
    name: engine.name,
    reference: false,
    cached: true,
    namespace: engine.client.options.namespace,
    client: engine.client,
    // One thread is enough for scenarios, and each worker has its own.
    createWorker: async (options) => await engine.createWorker({ workflowThreadPoolSize: 1, ...options }),
  };
}
