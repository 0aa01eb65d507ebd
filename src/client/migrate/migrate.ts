import { setTimeout as delay } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import type { Engine } from '../../engine/index.ts';
import type { AgentRunInput } from '../../workflow/protocol/index.ts';
import { PauseNotSupportedError, RunEndedError } from '../errors.ts';
import { isNotFound, serverError, toRunError, translated } from '../context.ts';
import { askAgent, hasNotBegun, hasTask, isAtWork, isObstacle, obstaclesIn, obstaclesOf } from './judge.ts';
import { lastTask, readSource, unseenOf } from './source.ts';
import { idOf, IDENTITY, isAgentRun, lookThere, type Moved, signalAgain, start, startOf } from './target.ts';
import type { MigrateOptions, Migration, Obstacle, Source } from './types.ts';

const FAILED_PRECONDITION = 9;
const INVALID_ARGUMENT = 3;
const ALREADY_EXISTS = 6;
const UNIMPLEMENTED = 12;
/** Of a run's status. */
const PAUSED = 8;

/** How long a worker may take to end what it is doing with a run that was paused, and how often it is looked, in milliseconds. */
const SETTLING = { longest: 15_000, pause: 50 };
/** How often it is tried to find an agent at the same place when it is asked and when it is paused. */
const ATTEMPTS = 5;

/**
 * Moves a run to another engine, where it goes on with the same id. It is paused here, started there, and then terminated here with a reason that says where it
 * is: it never runs on both. What is in the way is told, and then it goes on here. When it is interrupted in the middle, the run stays paused; migrating it
 * again ends the move.
 * @throws RunNotFoundError; RunEndedError when it has ended here without having been moved; PauseNotSupportedError, EngineUnavailableError
 * @example
 * const migration = await migrateRun('support-1042', { from: bullmq, to: temporal });
 */
export async function migrateRun(id: string, options: MigrateOptions): Promise<Migration> {
  const { from, to, dryRun = false } = options;
  const source = await readSource(from.client, id);
  const there = await lookThere(to.client, id, source.runId);
  if (typeof there === 'object') return dryRun ? possible(source) : await leave(from, to, source, there);
  if (source.description.workflowExecutionInfo?.closeTime) throw new RunEndedError(id);
  const obstacle = there === 'taken' ? taken(to) : pausedByOthers(source);
  if (obstacle !== undefined) return { type: 'refused', obstacles: [obstacle] };
  return dryRun ? await look(from, source) : await move(from, to, source);
}

async function look({ client }: Engine, source: Source): Promise<Migration> {
  const obstacles = obstaclesOf(source);
  if (obstacles.length > 0) return { type: 'refused', obstacles };
  if (hasNotBegun(source) || isPaused(source)) return possible(source);
  const known = await askAgent(client, source.workflowId);
  const more = isObstacle(known) ? [known] : obstaclesIn(known);
  return more.length > 0 ? { type: 'refused', obstacles: more } : possible(source);
}

function possible(source: Source): Migration {
  const way = hasNotBegun(source) ? 'anew' : 'continued';
  return { type: 'possible', way, signals: unseenOf(source).signals.length };
}

async function move(from: Engine, to: Engine, first: Source): Promise<Migration> {
  const { workflowId, runId } = first;
  const { client } = from;
  const held = await hold(client, first);
  if ('obstacles' in held) return { type: 'refused', obstacles: held.obstacles };
  const { source, known } = held;
  const [signal] = unseenOf(source).signals;
  let newRunId: string;
  try {
    newRunId = await start(to.client, await startOf(source, { from, to: to.client, known, signal }), signal);
  } catch (error) {
    const obstacle = refusalOf(error, to);
    // Nobody knows whether it was started: it stays paused, and whoever tries again finds out.
    if (obstacle === undefined) throw error;
    await resume(client, workflowId, runId);
    return { type: 'refused', obstacles: [obstacle] };
  }
  return await leave(from, to, source, { newRunId, signal: idOf(signal) });
}

type Held = { readonly source: Source; readonly known: AgentRunInput | undefined } | { readonly obstacles: Obstacle[] };

/** Pauses a run so that it can be moved as it is. When it cannot, it goes on. */
async function hold(client: Client, first: Source): Promise<Held> {
  const { workflowId, runId } = first;
  let held: Held = { obstacles: [] };
  // Somebody was interrupted before anything was started elsewhere. A paused run tells nobody what it knows.
  if (isPaused(first) && isAgentRun(first) && !hasNotBegun(first)) await resume(client, workflowId, runId);
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    // A run that was let go on looks around first.
    const before = await settled(client, first, hasTask);
    const obvious = obstaclesOf(before);
    if (obvious.length > 0) return { obstacles: obvious };
    const known = hasNotBegun(before) ? undefined : await askAgent(client, workflowId);
    if (isObstacle(known)) return { obstacles: [known] };
    await pause(client, workflowId, runId);
    const source = await settled(client, before, isAtWork);
    const obstacles = [
      ...(isAtWork(source) ? [AT_WORK] : []),
      ...obstaclesOf(source),
      ...(known === undefined ? [] : obstaclesIn(known)),
    ];
    const isSame = lastTask(source) === lastTask(before) && (known !== undefined || hasNotBegun(source));
    if (obstacles.length === 0 && isSame) return { source, known };
    await resume(client, workflowId, runId);
    held = { obstacles: obstacles.length > 0 ? obstacles : [MOVING] };
    if (obstacles.length > 0 && isSame) break;
  }
  return held;
}

const AT_WORK: Obstacle = { problem: 'A worker is at work on it.', fix: 'Try again in a moment.' };
const MOVING: Obstacle = {
  problem: 'It went on whenever it was looked at.',
  fix: 'Try again when it waits for something.',
};

/** The run after its worker has ended what it was doing, if that takes no longer than it should. */
async function settled(
  client: Client,
  { workflowId, runId }: Source,
  isBusy: (source: Source) => boolean,
): Promise<Source> {
  const deadline = Date.now() + SETTLING.longest;
  for (;;) {
    const source = await readSource(client, workflowId, runId);
    if (!isBusy(source) || Date.now() >= deadline) return source;
    await delay(SETTLING.pause);
  }
}

/** Gives on what the run was told meanwhile, and ends it here. */
async function leave(from: Engine, to: Engine, source: Source, { newRunId, signal }: Moved): Promise<Migration> {
  const { workflowId, runId } = source;
  // One came with the start. To give the others on again does no harm.
  const given = new Set([signal]);
  await giveOn(to.client, source, given);
  await terminate(from.client, to, { workflowId, runId, newRunId });
  // Nothing more can come now, and what came until now must not be lost.
  await giveOn(to.client, await readSource(from.client, workflowId, runId), given);
  return { type: 'moved', runId, newRunId };
}

async function giveOn(to: Client, source: Source, given: Set<string | undefined>): Promise<void> {
  const { signals, isCancelRequested } = unseenOf(source);
  for (const signal of signals) {
    const id = idOf(signal);
    if (given.has(id)) continue;
    await unlessEnded(() => signalAgain(to, source, signal));
    given.add(id);
  }
  if (!isCancelRequested || given.has('cancel')) return;
  await unlessEnded(() => to.workflow.getHandle(source.workflowId).cancel());
  given.add('cancel');
}

/** Whoever has ended there meanwhile would not have heard it here either. */
async function unlessEnded(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function terminate(
  client: Client,
  to: Engine,
  moved: { readonly workflowId: string; readonly runId: string; readonly newRunId: string },
): Promise<void> {
  const { workflowId, runId, newRunId } = moved;
  const details = { movedTo: { engine: to.name, workflowId, runId: newRunId } };
  await unlessEnded(() =>
    client.workflowService.terminateWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId, runId },
      reason: `Moved to the engine '${to.name}', where it goes on as run ${newRunId}.`,
      // Plain, so that whoever has no key can follow it.
      details: {
        payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(details)) }],
      },
      identity: IDENTITY,
    }),
  );
}

function isPaused({ description }: Source): boolean {
  return description.workflowExecutionInfo?.status === PAUSED;
}

function pausedByOthers(source: Source): Obstacle | undefined {
  const by = source.description.workflowExtendedInfo?.pauseInfo?.identity;
  if (!isPaused(source) || by === IDENTITY) return undefined;
  return {
    problem: `It is paused, by ${by || 'somebody'}.`,
    fix: 'Resume it first (`run.resume()`): it would go on at once.',
  };
}

async function pause(client: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  const request = { namespace, workflowId, runId, identity: IDENTITY, reason: 'It is being moved to another engine.' };
  const requestId = `perdure-migrate-${runId}`;
  try {
    await asBefore(() => client.workflowService.pauseWorkflowExecution({ ...request, requestId }));
  } catch (error) {
    if (serverError(error)?.code !== UNIMPLEMENTED) throw toRunError(workflowId, error);
    throw new PauseNotSupportedError(workflowId, { cause: error });
  }
}

async function resume(client: Client, workflowId: string, runId: string): Promise<void> {
  const { namespace } = client.options;
  const request = { namespace, workflowId, runId, identity: IDENTITY, reason: 'It stays here.' };
  await translated(workflowId, async () => asBefore(() => client.workflowService.unpauseWorkflowExecution(request)));
}

/** It may be paused, or go on, already. */
async function asBefore(change: () => Promise<unknown>): Promise<void> {
  try {
    await change();
  } catch (error) {
    if (!isGrpcServiceError(error) || error.code !== FAILED_PRECONDITION) throw error;
  }
}

function taken({ name }: Engine): Obstacle {
  const fix = 'Let it end, or end it, and try again.';
  return { problem: `On the engine '${name}' another run has this id.`, fix };
}

/** Why an engine does not take a run. @returns `undefined` when it has not said so. */
function refusalOf(error: unknown, to: Engine): Obstacle | undefined {
  if (!isGrpcServiceError(error)) return undefined;
  if (error.code === ALREADY_EXISTS) return taken(to);
  if (error.code !== INVALID_ARGUMENT) return undefined;
  return {
    problem: `The engine '${to.name}' does not take it: ${error.details}`,
    fix: 'Make there what it needs (search attributes, the namespace), or let it end where it is.',
  };
}
