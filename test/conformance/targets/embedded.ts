import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEmbeddedEngine } from '../../../src/engines/embedded/index.ts';
import type { OwnedTarget } from './temporal.ts';
import { quiet } from './quiet.ts';

/** The embedded engine. `cache` is the number of workflows that a worker keeps in memory. */
export async function embeddedTarget({
  sqlite = false,
  cache,
}: { sqlite?: boolean; cache?: number } = {}): Promise<OwnedTarget> {
  quiet();
  const folder = sqlite ? await mkdtemp(join(tmpdir(), 'perdure-conformance-')) : undefined;
  const engine = await createEmbeddedEngine(
    folder === undefined ? { memory: true } : { path: join(folder, 'runs.db') },
  );
  const storage = sqlite ? 'sqlite' : 'memory';
  return {
    target: {
      name: cache === 0 ? `${storage}, cache 0` : storage,
      reference: false,
      cached: cache !== 0,
      namespace: 'default',
      client: engine.client,
      createWorker: (options) =>
        engine.createWorker({
          workflowThreadPoolSize: 1,
          ...(cache === undefined ? {} : { maxCachedWorkflows: cache }),
          ...options,
        }),
    },
    close: async () => {
      await engine.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
