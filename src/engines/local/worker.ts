import { type Worker, type WorkerOptions, Runtime } from '@temporalio/worker';
import { createWorkflowCreator } from '../../host/host.ts';
import { OfficialWorker, type OfficialWorkerClass } from '../../official.ts';
import { holdRuntime } from '../../runtime/runtime-hold.ts';
import { skipUnheardTraces } from '../../runtime/unheard-traces.ts';
import { installSeams } from '../../runtime/worker-seams.ts';

/** The official worker on our dispatcher and host. Workers of other connections are official through and through. */
const LocalWorker: OfficialWorkerClass = class extends OfficialWorker {};
installSeams(LocalWorker, createWorkflowCreator);

/** Makes a worker; while that takes, nobody shuts the official runtime down. */
export async function createLocalWorker(options: WorkerOptions): Promise<Worker> {
  const release = holdRuntime(Runtime.instance(), {});
  try {
    const worker = await LocalWorker.create(options);
    skipUnheardTraces(worker, Runtime.instance().logger);
    return worker;
  } finally {
    await release();
  }
}
