import { type Client, isGrpcServiceError } from '@temporalio/client';
import { EventType } from '../../../src/core/proto.ts';

/** After this time somebody should look what a run waits for, in milliseconds. */
const LONG_MS = 90_000;

/** Waits for `work`; while that takes very long, says again and again what the run waits for. */
export async function watched<Result>(client: Client, workflowId: string, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => void tell(client, workflowId), LONG_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

async function tell(client: Client, workflowId: string): Promise<void> {
  try {
    const handle = client.workflow.getHandle(workflowId);
    const { raw } = await handle.describe();
    const { events } = await handle.fetchHistory();
    const last = (events ?? []).slice(-5).map(({ eventType }) => EventType[eventType ?? 0]?.slice(11));
    const { pendingActivities, pendingWorkflowTask, pendingChildren, workflowExecutionInfo } = raw;
    const pending = { pendingActivities, pendingWorkflowTask, pendingChildren };
    const { status, runId } = { status: workflowExecutionInfo?.status, runId: workflowExecutionInfo?.execution?.runId };
    console.log(`${workflowId} takes long:`, JSON.stringify({ runId, status, last, ...pending }));
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    console.log(`${workflowId} takes long: ${error.details}`);
  }
}
