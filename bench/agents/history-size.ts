import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';

/** How large the history of a conversation is, turn by turn. A turn is a model call and what follows until the next one. */
export interface ChainSize {
  /** Turns that are whole: the next model call was made. */
  readonly turns: number;
  readonly firstTurnBytes: number;
  readonly lastTurnBytes: number;
  /** Where a run continued as new, the conversation is handed over. */
  readonly largestTurnBytes: number;
  /** Everything, the opening of the conversation and the end included. */
  readonly totalBytes: number;
  /** How many runs it took: 1 when none continued as new. */
  readonly runs: number;
}

/** Few, because events of long conversations may be large. */
const pageSize = 16;

/** Reads the histories of a workflow id from its first run, and measures their events as they are encoded. */
export async function sizeOfChain(client: Client, workflowId: string, modelActivity: string): Promise<ChainSize> {
  const turns: number[] = [];
  let totalBytes = 0;
  let runs = 0;
  let runId = await firstRunId(client, workflowId);
  while (runId !== undefined) {
    runs++;
    let next: string | undefined;
    for await (const event of historyOf(client, workflowId, runId)) {
      if (event.activityTaskScheduledEventAttributes?.activityType?.name === modelActivity) turns.push(0);
      const bytes = proto.temporal.api.history.v1.HistoryEvent.encode(event).finish().length;
      totalBytes += bytes;
      if (turns.length > 0) turns[turns.length - 1] = (turns.at(-1) ?? 0) + bytes;
      next = event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? next;
    }
    runId = next;
  }
  const whole = turns.slice(0, -1);
  return {
    turns: whole.length,
    firstTurnBytes: whole[0] ?? 0,
    lastTurnBytes: whole.at(-1) ?? 0,
    largestTurnBytes: Math.max(0, ...whole),
    totalBytes,
    runs,
  };
}

async function firstRunId(client: Client, workflowId: string): Promise<string | undefined> {
  const { raw } = await client.workflow.getHandle(workflowId).describe();
  return raw.workflowExecutionInfo?.firstRunId || raw.workflowExecutionInfo?.execution?.runId || undefined;
}

async function* historyOf(
  client: Client,
  workflowId: string,
  runId: string,
): AsyncGenerator<temporal.api.history.v1.IHistoryEvent> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: pageSize,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    yield* page.history?.events ?? [];
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
}
