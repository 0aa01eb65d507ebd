import { randomUUID } from 'node:crypto';
import { createBullmqEngine } from '../../../src/engines/bullmq/index.ts';
import { createRedisUser } from '../../support/redis-user.ts';
import { quiet } from './quiet.ts';
import type { OwnedTarget } from './temporal.ts';

/** The engine on Redis, with keys of its own, as a user who may do no more than is documented. `cache` is the number of workflows that a worker keeps in memory. */
export async function bullmqTarget({ cache }: { cache?: number } = {}): Promise<OwnedTarget> {
  quiet();
  const prefix = `conformance-${randomUUID()}`;
  const user = await createRedisUser(process.env['PERDURE_TEST_REDIS_URL'] ?? '', prefix);
  const engine = await createBullmqEngine({ redis: user.url, prefix });
  return {
    target: {
      name: cache === 0 ? 'bullmq, cache 0' : 'bullmq',
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
      await user.close();
    },
  };
}
