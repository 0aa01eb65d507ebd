import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { ConformanceTarget } from '../../../testing/conformance/index.ts';
import { quiet } from './quiet.ts';

/** A target with the connections that must be closed in the end. */
export interface OwnedTarget {
  readonly target: ConformanceTarget;
  close(): Promise<void>;
}

/** Where the Temporal server under test listens; the environment may name another. */
export const temporalAddress: string = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'] ?? '127.0.0.1:7233';

/** The official SDK on a real Temporal server. `cache` is the number of workflows that a worker keeps in memory. */
export async function temporalTarget({ cache }: { cache?: number } = {}): Promise<OwnedTarget> {
  quiet();
  const address = temporalAddress;
  const [connection, nativeConnection] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  const namespace = 'default';
  return {
    target: {
      name: cache === 0 ? 'temporal, cache 0' : 'temporal',
      reference: true,
      cached: cache !== 0,
      namespace,
      client: new Client({ connection, namespace }),
      workerConnection: nativeConnection,
      createWorker: (options) =>
        Worker.create({
          // No thread for each worker: workflows run on the main thread, and a worker costs a fifth.
          debugMode: true,
          ...(cache === undefined ? {} : { maxCachedWorkflows: cache }),
          ...options,
          connection: nativeConnection,
        }),
    },
    close: async () => {
      await connection.close();
      await nativeConnection.close();
    },
  };
}
