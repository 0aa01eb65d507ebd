import type { AgentRunInput } from '../../../src/workflow/protocol/index.ts';
import { until, type AgentHandle, type World } from './world.ts';

/** Larger than a history may become before a server suggests to continue as new, in three pieces. */
const piece = 'x'.repeat(1_450_000);

/** Makes the history of a run long, without saying anything to it. */
export async function lengthen(handle: AgentHandle): Promise<void> {
  for (let count = 0; count < 3; count += 1) await handle.signal('asyncToolCompleted', piece);
}

/** The run of this workflow that is current now. */
export async function currentRun(handle: AgentHandle): Promise<string> {
  return (await handle.describe()).runId;
}

/** Makes a run continue as new and awaits that. @returns the id of the next run. */
export async function handOver(handle: AgentHandle): Promise<string> {
  const before = await currentRun(handle);
  await lengthen(handle);
  return await until(async () => {
    const now = await currentRun(handle);
    return now === before ? undefined : now;
  });
}

/** What a run was started with. */
export async function inputOfRun(world: World, workflowId: string, runId?: string): Promise<AgentRunInput> {
  const history = await world.env.client.workflow.getHandle(workflowId, runId).fetchHistory();
  const payload = history.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  return JSON.parse(Buffer.from(payload?.data ?? []).toString()) as AgentRunInput;
}
