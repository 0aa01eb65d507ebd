import type { Client } from '@temporalio/client';
import type { RunReference } from '../context.ts';
import { type ChainRun, firstOfChain, historyPages, nextOfChain } from '../events/history.ts';
import type { HistoryEvent } from '../events/read-fact.ts';

/** A page of the history of one run of a chain. */
export interface ChainPage {
  readonly run: ChainRun;
  readonly events: readonly HistoryEvent[];
}

/**
 * What has happened so far in all runs of a chain, page by page.
 * @throws RunNotFoundError, EngineUnavailableError; the signal's reason when it aborts.
 */
export async function* chainPages(
  client: Client,
  reference: RunReference,
  signal: AbortSignal,
): AsyncGenerator<ChainPage, void, undefined> {
  let next: ChainRun | undefined = await firstOfChain(client, reference, signal);
  while (next !== undefined) {
    const run: ChainRun = next;
    next = undefined;
    for await (const events of historyPages(client, run, { signal, follow: false })) {
      yield { run, events };
      next = nextOfChain(run, events);
    }
  }
}
