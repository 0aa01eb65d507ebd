import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { OfficialWorker } from '../../../src/official.ts';
import type { OfficialWorkerClass, WorkflowCreator } from '../../../src/official.ts';
import type { ConformanceTarget } from '../../../testing/conformance/index.ts';
import { quiet } from './quiet.ts';

/** A target with the connections that must be closed in the end. */
export interface OwnedTarget {
  readonly target: ConformanceTarget;
  close(): Promise<void>;
}

/** Where the Temporal server under test listens; the environment may name another. */
export const temporalAddress: string = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';

/** The official worker; those with the same code and activities share the V8 context that their workflows run in: to make it costs more than most scenarios. */
function sharingWorker(): { readonly worker: OfficialWorkerClass; close(): Promise<void> } {
  const creators = new Map<string, Promise<WorkflowCreator>>();
  const bundles: string[] = [];
  return {
    worker: class extends OfficialWorker {
      static override createWorkflowCreator: OfficialWorkerClass['createWorkflowCreator'] = async (
        bundle,
        options,
        logger,
      ) => {
        if (options.patchActivationCallback !== undefined || !options.reuseV8Context)
          return await OfficialWorker.createWorkflowCreator(bundle, options, logger);
        if (!bundles.includes(bundle.code)) bundles.push(bundle.code);
        const names = [...options.activities.keys()].toSorted();
        const key = JSON.stringify([bundles.indexOf(bundle.code), options.isolateExecutionTimeoutMs, names]);
        const creator = creators.get(key) ?? OfficialWorker.createWorkflowCreator(bundle, options, logger);
        creators.set(key, creator);
        const shared = await creator;
        return { createWorkflow: (create) => shared.createWorkflow(create), destroy: async () => {} };
      };
    },
    close: async () => {
      for (const creator of creators.values()) await (await creator).destroy();
    },
  };
}

/** The official SDK on a real Temporal server. `cache` is the number of workflows that a worker keeps in memory. */
export async function temporalTarget({ cache }: { cache?: number } = {}): Promise<OwnedTarget> {
  quiet();
  const address = temporalAddress;
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const namespace = 'default';
  const { worker, close } = sharingWorker();
  return {
    target: {
      name: cache === 0 ? 'temporal, cache 0' : 'temporal',
      reference: true,
      cached: cache !== 0,
      namespace,
      client: new Client({ connection, namespace }),
      workerConnection: nativeConnection,
      createWorker: (options) =>
        worker.create({
          // No thread for each worker: workflows run on the main thread, and a worker costs a fifth.
          debugMode: true,
          ...(cache === undefined ? {} : { maxCachedWorkflows: cache }),
          ...options,
          connection: nativeConnection,
        }),
    },
    close: async () => {
      await close();
      await connection.close();
      await nativeConnection.close();
    },
  };
}
