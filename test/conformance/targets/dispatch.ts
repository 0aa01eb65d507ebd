import { temporalTarget, type OwnedTarget, temporalAddress } from './temporal.ts';
import { createHarness } from '../../runtime/dispatch/harness.ts';

/** Our dispatcher under the official worker, on a real Temporal server. */
export async function dispatchTarget({ cache }: { cache?: number } = {}): Promise<OwnedTarget> {
  const official = await temporalTarget(cache === undefined ? {} : { cache });
  const harness = await createHarness(temporalAddress);
  return {
    target: {
      ...official.target,
      name: cache === 0 ? 'dispatch, cache 0' : 'dispatch',
      reference: false,
      client: harness.client,
      workerConnection: harness.client.connection,
      createWorker: (options) =>
        harness.createWorker({
          debugMode: true,
          ...(cache === undefined ? {} : { maxCachedWorkflows: cache }),
          ...options,
        }),
    },
    close: async () => {
      await harness.close();
      await official.close();
    },
  };
}
