import type { Client } from '@temporalio/client';
import { PayloadReader } from '../../agent/conversation/payloads.ts';
import type { RunReference } from '../context.ts';
import type { RunEvent } from './event.ts';
import { type ChainRun, firstOfChain, historyPages } from './history.ts';
import { EventReader } from './event-reader.ts';
import { compareEventIds, parseEventId } from './ids.ts';
import { successor } from './read-fact.ts';

/** What of a run's events is wanted. */
export interface FollowOptions {
  /** The id of the last event that is known already. Default: from the beginning. */
  readonly from: string | undefined;
  readonly signal: AbortSignal;
  /** Whether to wait for what happens next, until the run has ended. */
  readonly follow: boolean;
}

/**
 * The events of a run, through all runs of its chain, in lists as they become known.
 * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError when `from` is no id of an event; the signal's reason when it aborts.
 */
export async function* followEvents(
  client: Client,
  run: RunReference,
  { from, signal, follow }: FollowOptions,
): AsyncGenerator<readonly RunEvent[], void, undefined> {
  const known = from === undefined ? undefined : parseEventId(from);
  let next: ChainRun | undefined =
    known === undefined
      ? await firstOfChain(client, run, signal)
      : { workflowId: run.workflowId, runId: known.runId, generation: known.generation };
  while (next !== undefined) {
    const current: ChainRun = next;
    const { loadedDataConverter, namespace } = client.options;
    const reader = new EventReader(current, new PayloadReader(loadedDataConverter, namespace));
    next = undefined;
    for await (const page of historyPages(client, current, { signal, follow })) {
      const events = await reader.read(page);
      const fresh = from === undefined ? events : events.filter(({ id }) => compareEventIds(id, from) > 0);
      if (fresh.length > 0) yield fresh;
      const last = page.at(-1);
      const runId = last && successor(last);
      if (runId !== undefined) next = { ...current, runId, generation: current.generation + 1 };
    }
  }
}
