import type { temporal } from '@temporalio/proto';
import type { Client } from '@temporalio/client';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

/** A run. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
}

/** Few events are new when a reader knows the rest. */
const firstPage = 32;
const laterPages = 200;

/**
 * The events after `known`, oldest first. History is read from its end, so that it costs what is new and not what there is.
 */
export async function readEventsAfter(client: Client, execution: Execution, known: number): Promise<HistoryEvent[]> {
  const found: HistoryEvent[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution,
      maximumPageSize: known > 0 && nextPageToken === undefined ? firstPage : laterPages,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    for (const event of page.history?.events ?? []) {
      if (Number(event.eventId) <= known) return found.toReversed();
      found.push(event);
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return found.toReversed();
}
