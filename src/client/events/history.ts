import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isUnavailable, type RunReference, toRunError } from '../context.ts';
import { RunNotFoundError } from '../errors.ts';
import { type HistoryEvent, successor } from './read-fact.ts';

/** A run of a chain. */
export interface ChainRun {
  readonly workflowId: string;
  readonly runId: string;
  /** Its place in the chain, from 1. */
  readonly generation: number;
}

/** The run of the chain that goes on after a page; `undefined` when none does. */
export function nextOfChain(run: ChainRun, page: readonly HistoryEvent[]): ChainRun | undefined {
  const last = page.at(-1);
  const runId = last && successor(last);
  return runId === undefined ? undefined : { ...run, runId, generation: run.generation + 1 };
}

/** How long an engine may be away before a stream gives up: the pauses between the attempts, in milliseconds. */
const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15_000];

/**
 * The history of a run from its beginning, page by page; with `follow` until the run has ended.
 * @throws RunNotFoundError, EngineUnavailableError; the signal's reason when it aborts.
 */
export async function* historyPages(
  client: Client,
  { workflowId, runId }: Pick<ChainRun, 'workflowId' | 'runId'>,
  { signal, follow }: { readonly signal: AbortSignal; readonly follow: boolean },
): AsyncGenerator<readonly HistoryEvent[], void, undefined> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = {
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      waitNewEvent: follow,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    };
    const page = await retried(workflowId, signal, () =>
      client.withAbortSignal(signal, () => client.workflowService.getWorkflowExecutionHistory(request)),
    );
    const events = page.history?.events ?? [];
    if (events.length > 0) yield events;
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
}

/**
 * The run that a chain began with. Where the engine has forgotten it, the earliest that is still there.
 * @throws RunNotFoundError, EngineUnavailableError; the signal's reason when it aborts.
 */
export async function firstOfChain(
  client: Client,
  { workflowId, firstRunId }: RunReference,
  signal: AbortSignal,
): Promise<ChainRun> {
  const isThere =
    firstRunId === undefined ? undefined : await unlessForgotten(startOf(client, workflowId, firstRunId, signal));
  if (isThere !== undefined) return { workflowId, runId: isThere.runId, generation: 1 };
  let earliest = await startOf(client, workflowId, await currentRunId(client, workflowId, signal), signal);
  const first = await unlessForgotten(startOf(client, workflowId, earliest.firstRunId, signal));
  if (first !== undefined) return { workflowId, runId: first.runId, generation: 1 };
  for (let { before } = earliest; before !== undefined; { before } = earliest) {
    const earlier = await unlessForgotten(startOf(client, workflowId, before, signal));
    if (earlier === undefined) break;
    earliest = earlier;
  }
  return { workflowId, runId: earliest.runId, generation: 1 };
}

/** The run that a workflow id stands for now. */
async function currentRunId(client: Client, workflowId: string, signal: AbortSignal): Promise<string> {
  const { namespace } = client.options;
  const request = { namespace, execution: { workflowId } };
  const described = await retried(workflowId, signal, () =>
    client.withAbortSignal(signal, () => client.workflowService.describeWorkflowExecution(request)),
  );
  return described.workflowExecutionInfo?.execution?.runId ?? '';
}

interface RunStart {
  readonly runId: string;
  readonly firstRunId: string;
  /** The run that this one continues. */
  readonly before: string | undefined;
}

async function startOf(client: Client, workflowId: string, runId: string, signal: AbortSignal): Promise<RunStart> {
  const request = { namespace: client.options.namespace, execution: { workflowId, runId }, maximumPageSize: 1 };
  const page = await retried(workflowId, signal, () =>
    client.withAbortSignal(signal, () => client.workflowService.getWorkflowExecutionHistory(request)),
  );
  const started = page.history?.events?.[0]?.workflowExecutionStartedEventAttributes;
  return {
    runId,
    firstRunId: started?.firstExecutionRunId || runId,
    before: started?.continuedExecutionRunId || undefined,
  };
}

async function retried<Result>(workflowId: string, signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const pause = isUnavailable(error) ? PAUSES_MS[attempt] : undefined;
      if (pause === undefined) throw toRunError(workflowId, error);
      await delay(pause, undefined, { signal });
    }
  }
}

async function unlessForgotten<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (RunNotFoundError.is(error)) return undefined;
    throw error;
  }
}
