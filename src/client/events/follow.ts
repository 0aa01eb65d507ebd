import type { Client } from '@temporalio/client';
import { PayloadReader } from '../../agent/conversation/payloads.ts';
import { ConfigurationError } from '../../engine/index.ts';
import { type RunReference, serverError, translated } from '../context.ts';
import { RunNotFoundError } from '../errors.ts';
import type { RunEvent } from './event.ts';
import { type ChainRun, firstOfChain, historyPages, nextOfChain } from './history.ts';
import { EventReader } from './event-reader.ts';
import { compareEventIds, parseEventId } from './ids.ts';

const INVALID_ARGUMENT = 3;

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
 * @throws RunNotFoundError, EngineUnavailableError; ConfigurationError when `from` is no id of an event of this run; the signal's reason when it aborts.
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
    try {
      for await (const page of historyPages(client, current, { signal, follow })) {
        const events = await reader.read(page);
        const fresh = from === undefined ? events : events.filter(({ id }) => compareEventIds(id, from) > 0);
        if (fresh.length > 0) yield fresh;
        next = nextOfChain(current, page);
      }
    } catch (error) {
      throw from !== undefined && current.runId === known?.runId ? await explained(client, run, from, error) : error;
    }
  }
}

/** Why the run that an event's id names could not be read: there may be no such run in this chain. */
async function explained(client: Client, { workflowId }: RunReference, from: string, error: unknown): Promise<unknown> {
  if (!RunNotFoundError.is(error) && serverError(error)?.code !== INVALID_ARGUMENT) return error;
  await translated(workflowId, () => client.workflow.getHandle(workflowId).describe());
  return new ConfigurationError('from', `'${from}' is of another run, or of one whose history is not kept any more.`, {
    fix: 'Pass the `id` of an event of this run, or leave it out to read from the beginning.',
    cause: error,
  });
}
