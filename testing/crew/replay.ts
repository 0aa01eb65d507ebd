import type { Client, HistoryAndWorkflowId } from '@temporalio/client';
import { type ReplayWorkerOptions, Worker } from '@temporalio/worker';
import { workflowTypeOf } from './mock-children.ts';

/**
 * Replays the history of every run of a namespace with the official replayer, as a worker does that takes over.
 * @param skips types of workflows that are not replayed.
 * @returns what went wrong, by run; nothing when all is well.
 */
export async function replayAll(
  client: Client,
  options: ReplayWorkerOptions,
  skips: (workflowType: string) => boolean,
): Promise<string[]> {
  const histories: HistoryAndWorkflowId[] = [];
  for await (const { workflowId, runId } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const hasTask = history.events?.some((event) => event.workflowTaskCompletedEventAttributes);
    if (hasTask && !skips(workflowTypeOf(history))) histories.push({ workflowId, history });
  }
  if (histories.length === 0) return [];
  const problems: string[] = [];
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    if (error)
      problems.push(
        `The history of run "${workflowId}" does not replay: its workflow is not deterministic. ${error.message}`,
      );
  }
  return problems;
}
