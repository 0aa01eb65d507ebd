import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import { PayloadReader } from '../../agent/conversation/payloads.ts';
import { type RunReference, translated } from '../context.ts';
import { timeOf } from '../events/event-reader.ts';
import { readFailure } from '../events/failure.ts';
import type { ChainRun } from '../events/history.ts';
import { FactReader } from '../events/read-fact.ts';
import { Translator } from '../events/translate.ts';
import { chainPages } from './chain.ts';
import type { Draft } from './step-draft.ts';
import { StepLog } from './step-log.ts';

/** What is known of a run's steps. */
export interface ReadSteps {
  readonly drafts: readonly Draft[];
  /** When the chain began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Of the newest run of the chain. */
  readonly description: WorkflowExecutionDescription;
}

/**
 * The steps of all runs of a chain, as their histories and, for what goes on, the engine tell them. Histories are read page by page; only the steps stay in memory.
 * @param contents whether what they were given and what came of them is wanted.
 * @throws RunNotFoundError, EngineUnavailableError
 */
export async function readSteps(client: Client, reference: RunReference, contents: boolean): Promise<ReadSteps> {
  const { workflowId } = reference;
  const { loadedDataConverter, namespace } = client.options;
  const payloads = new PayloadReader(loadedDataConverter, namespace);
  // Before history: what ends in between has ended, and history says how.
  let description = await translated(workflowId, () => client.workflow.getHandle(workflowId).describe());
  const log = new StepLog({ workflowId, payloads, contents });
  let at: Reading | undefined;
  let startedAt: number | undefined;
  for await (const { run, events } of chainPages(client, reference, new AbortController().signal)) {
    if (at?.run.runId !== run.runId) {
      at = { run, facts: new FactReader(payloads, workflowId), translator: new Translator(run) };
      log.begin(run);
    }
    for (const event of events) {
      const fact = await at.facts.read(event);
      const eventId = Number(event.eventId);
      const ms = timeOf(event);
      startedAt ??= ms;
      const bodies = fact === undefined ? [] : at.translator.translate(eventId, ms, fact);
      await log.add({ event, eventId, at: new Date(ms).toISOString(), fact, bodies });
    }
  }
  const last = at?.run.runId ?? description.runId;
  if (last === description.runId) await addPending(log, description, payloads);
  // The run has gone on meanwhile, or its id has been used again.
  else description = await translated(workflowId, () => client.workflow.getHandle(workflowId, last).describe());
  return { drafts: log.drafts, startedAt: startedAt ?? description.startTime.getTime(), description };
}

interface Reading {
  readonly run: ChainRun;
  readonly facts: FactReader;
  readonly translator: Translator;
}

const SCHEDULED = 1;

/** How activities are that have not ended: history does not say. */
async function addPending(
  log: StepLog,
  { raw, workflowId }: WorkflowExecutionDescription,
  payloads: PayloadReader,
): Promise<void> {
  const pending = new Map((raw.pendingActivities ?? []).map((activity) => [activity.activityId, activity]));
  for (const { step, activityId } of log.openActivities) {
    const found = pending.get(activityId);
    if (found === undefined) continue;
    const { attempt, state, lastStartedTime, lastFailure } = found;
    const isWaiting = state === SCHEDULED;
    step.status = isWaiting ? 'scheduled' : 'running';
    step.attempts = isWaiting ? Math.max(0, (attempt ?? 1) - 1) : (attempt ?? 1);
    if (lastStartedTime) step.startedAt = new Date(timeOf({ eventTime: lastStartedTime })).toISOString();
    if (lastFailure) step.error = await readFailure(lastFailure, payloads, workflowId);
  }
}
