import type { Client } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { HistoryEvent } from './scenario.ts';

/** Identifies one run. */
export interface RunRef {
  /** The workflow's id. */
  readonly workflowId: string;
  /** The run's id. */
  readonly runId: string;
}

/** A run's whole history. */
export interface RunHistory extends RunRef {
  /** All its events. */
  readonly history: temporal.api.history.v1.IHistory;
}

/** All events of a run so far. Without a run id: of the workflow's current run. */
export async function fetchHistory(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<temporal.api.history.v1.IHistory> {
  return await client.workflow.getHandle(workflowId, runId).fetchHistory();
}

/** The histories of these runs, each followed by those of its children and successors, in order of their start. */
export async function collectHistories(client: Client, roots: readonly RunRef[]): Promise<RunHistory[]> {
  const queue = [...roots];
  const seen = new Set<string>();
  const histories: RunHistory[] = [];
  for (let run = queue.shift(); run; run = queue.shift()) {
    if (seen.has(run.runId)) continue;
    seen.add(run.runId);
    const history = await fetchHistory(client, run.workflowId, run.runId);
    histories.push({ ...run, history });
    queue.unshift(...descendants(run.workflowId, history.events ?? []));
  }
  return histories;
}

function descendants(workflowId: string, events: readonly HistoryEvent[]): RunRef[] {
  const runs: RunRef[] = [];
  for (const event of events) {
    const child = event.childWorkflowExecutionStartedEventAttributes?.workflowExecution;
    if (child?.workflowId && child.runId) runs.push({ workflowId: child.workflowId, runId: child.runId });
    const next =
      event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ??
      event.workflowExecutionCompletedEventAttributes?.newExecutionRunId ??
      event.workflowExecutionFailedEventAttributes?.newExecutionRunId ??
      event.workflowExecutionTimedOutEventAttributes?.newExecutionRunId;
    if (next) runs.push({ workflowId, runId: next });
  }
  return runs;
}
