import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, type WorkerOptions, type Worker } from '@temporalio/worker';
import { nativeErrors, OfficialWorker } from '../../../src/official.ts';
import { createNativeWorker } from '../../../src/runtime/dispatch/native-worker.ts';
import { dispatchOptions } from '../../../src/runtime/dispatch/options.ts';
import { fromConnection } from '../../../src/runtime/remote-service.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

/** An official worker whose native side is ours, against a Temporal server. */
export interface Harness {
  readonly client: Client & { readonly connection: Connection };
  readonly connection: NativeConnection;
  createWorker(options: Partial<WorkerOptions> & { taskQueue: string }): Promise<Worker>;
  close(): Promise<void>;
}

export async function createHarness(address: string): Promise<Harness> {
  const clientConnection = await Connection.connect({ address });
  const connection = await NativeConnection.connect({ address });
  const service = fromConnection(clientConnection);
  class Ours extends (OfficialWorker as unknown as typeof Worker) {
    protected static override nativeWorkerCtor = {
      create: (_: unknown, __: unknown, compiled: Parameters<typeof dispatchOptions>[0]) =>
        Promise.resolve(
          createNativeWorker(
            service,
            dispatchOptions(compiled, {
              clock: systemClock,
              log: { debug: () => undefined, warn: () => undefined },
              newId: randomUUID,
              shutdownError: () => new nativeErrors.ShutdownError('Worker has been shut down'),
              sdkName: 'temporal-typescript',
              sdkVersion: '1.24.0',
            }),
          ),
        ),
      createReplay: () => Promise.reject(new Error('not here')),
    } as never;
  }
  return {
    client: new Client({ connection: clientConnection }) as Harness['client'],
    connection,
    createWorker: (options) => Ours.create({ connection, ...options }),
    async close() {
      await connection.close();
      await clientConnection.close();
    },
  };
}
