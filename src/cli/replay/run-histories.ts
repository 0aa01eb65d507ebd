import type { Run } from '../../client/run.ts';
import type { Json } from '../../workflow/protocol/index.ts';

/** The history of one run of a chain. */
export interface RunHistory {
  readonly runId: string;
  readonly events: Json[];
}

/** The histories of all runs of a chain, the first one first. @throws RunNotFoundError, EngineUnavailableError */
export async function* runHistories(run: Run): AsyncGenerator<RunHistory, void, undefined> {
  let current: RunHistory | undefined;
  for await (const { runId, events } of run.history()) {
    if (current !== undefined && current.runId !== runId) yield current;
    if (current?.runId === runId) current.events.push(...events);
    else current = { runId, events: [...events] };
  }
  if (current !== undefined) yield current;
}
