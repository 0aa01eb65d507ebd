import type { Client } from '@temporalio/client';
import { historyToJSON } from '../../official-client.ts';
import type { JsonObject } from '../../workflow/protocol/index.ts';
import type { RunReference } from '../context.ts';
import { chainPages } from './chain.ts';
import type { HistoryPage } from './types.ts';

/**
 * The history of all runs of a chain as Temporal's tools write it, page by page.
 * @throws RunNotFoundError, EngineUnavailableError
 */
export async function* historyJson(
  client: Client,
  run: RunReference,
  signal: AbortSignal,
): AsyncGenerator<HistoryPage, void, undefined> {
  for await (const { run: of, events } of chainPages(client, run, signal)) {
    const { events: written } = JSON.parse(historyToJSON({ events: [...events] })) as { events: JsonObject[] };
    yield { runId: of.runId, events: written };
  }
}
