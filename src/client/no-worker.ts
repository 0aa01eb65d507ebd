import type { Client } from '@temporalio/client';
import { NoWorkerError } from './errors.ts';

/** Says that nobody has answered for a run in time, and whether there is anybody at all. */
export async function noWorker(
  client: Client,
  { runId, taskQueue, timeout }: { readonly runId: string; readonly taskQueue: string; readonly timeout: number },
  cause: unknown,
): Promise<NoWorkerError> {
  const request = { namespace: client.options.namespace, taskQueue: { name: taskQueue }, taskQueueType: 1 };
  // Only for the sake of a better message.
  const described = await client.workflowService.describeTaskQueue(request).catch(() => undefined);
  const workers = described?.pollers?.length ?? 0;
  return new NoWorkerError(runId, { taskQueue, timeout, workers }, { cause });
}
