import type { Client } from '@temporalio/client';
import { isNotFound } from './context.ts';

/** Runs of a chain that are searched: an answer that is given again is seldom older. */
const MOST_RUNS = 3;

/** Whether a run of the chain has accepted an update, as its newest histories say. */
export async function wasAccepted(client: Client, workflowId: string, updateId: string): Promise<boolean> {
  let runId = '';
  for (let runs = 0; runs < MOST_RUNS; runs++) {
    const found = await search(client, { workflowId, runId }, updateId);
    if (typeof found === 'boolean') return found;
    runId = found;
  }
  return false;
}

/** Searches the history of one run from its end. @returns the id of the run before when there is one to search. */
async function search(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  updateId: string,
): Promise<boolean | string> {
  let nextPageToken: Uint8Array | undefined;
  let before: string | null | undefined;
  do {
    const page = await readPage(client, execution, nextPageToken);
    if (page === undefined) return false;
    for (const event of page.history?.events ?? []) {
      const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
      if (accepted?.acceptedRequest?.meta?.updateId === updateId || accepted?.protocolInstanceId === updateId)
        return true;
      before = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ?? before;
    }
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return before || false;
}

type Page = Awaited<ReturnType<Client['workflowService']['getWorkflowExecutionHistoryReverse']>>;

async function readPage(
  client: Client,
  execution: { readonly workflowId: string; readonly runId: string },
  nextPageToken: Uint8Array | undefined,
): Promise<Page | undefined> {
  try {
    return await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace: client.options.namespace,
      execution,
      maximumPageSize: 500,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
