import type { WorkflowServiceApi } from '../../../src/runtime/service.ts';

/** Starts a run with so much input that nobody works on. Not by an official client, which would try it again for long. */
export async function startLarge(service: WorkflowServiceApi, workflowId: string, bytes: number): Promise<void> {
  const payload = { metadata: { encoding: Buffer.from('binary/plain') }, data: Buffer.alloc(bytes, 'x') };
  await service.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    requestId: workflowId,
    workflowType: { name: 'any' },
    taskQueue: { name: 'nobody' },
    input: { payloads: [payload] },
  });
}
