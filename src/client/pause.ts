import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isNotFound, isOfChain, type RunReference, serverError, translated } from './context.ts';
import { PauseNotSupportedError, RunEndedError } from './errors.ts';
import { childrenOf, listedBelow } from './tree.ts';

const FAILED_PRECONDITION = 9;
const UNIMPLEMENTED = 12;

/** How long a paused run is given to end what its workflow was doing, which may be to call sub-agents; and how often it is looked at, in milliseconds. */
const SETTLING = { longest: 15_000, pause: 50 };

/**
 * Pauses a run and all runs below it: the run first, so that it starts no more of them. Those that are paused stay so.
 * @throws RunNotFoundError, RunEndedError, PauseNotSupportedError, EngineUnavailableError
 */
export async function pauseTree(client: Client, run: RunReference, reason: string): Promise<void> {
  const { workflowId } = run;
  await translated(workflowId, async () => {
    await requireOpen(client, run);
    if (!(await paused(client, workflowId, reason))) throw new RunEndedError(workflowId);
    const seen = new Set([workflowId]);
    let found = await settledChildren(client, workflowId);
    for (;;) {
      const listed = await listedBelow(client, workflowId, 'Running');
      const fresh = [...new Set([...found, ...listed])].filter((id) => !seen.has(id));
      if (fresh.length === 0) return;
      found = [];
      for (const id of fresh) {
        seen.add(id);
        if (await paused(client, id, reason)) found.push(...(await settledChildren(client, id)));
      }
    }
  });
}

/**
 * Lets a run and all runs below it go on: the run last, so that it is paused until all of them go on. Those that are not paused stay as they are.
 * @throws RunNotFoundError, RunEndedError, EngineUnavailableError
 */
export async function resumeTree(client: Client, run: RunReference): Promise<void> {
  const { workflowId } = run;
  await translated(workflowId, async () => {
    await requireOpen(client, run);
    const below = new Set(await listedBelow(client, workflowId, 'Paused'));
    for (const id of await childrenOf(client, workflowId)) below.add(id);
    // A set gives also what is added while it is gone through.
    for (const id of below) {
      for (const child of idsOf((await rawUnlessGone(client, id))?.pendingChildren)) below.add(child);
    }
    for (const id of below) await resumed(client, id);
    if (!(await resumed(client, workflowId))) throw new RunEndedError(workflowId);
  });
}

/** Whether a run is paused. */
export async function isPaused(client: Client, { workflowId }: RunReference): Promise<boolean> {
  return (await client.workflow.getHandle(workflowId).describe()).status.name === 'PAUSED';
}

/** @throws RunEndedError when the run is over, or its id stands for another one by now. */
async function requireOpen(client: Client, { workflowId, firstRunId }: RunReference): Promise<void> {
  const { closeTime, memo, raw, status } = await client.workflow.getHandle(workflowId).describe();
  const isAnother = !isOfChain(firstRunId, raw.workflowExecutionInfo?.firstRunId, memo);
  if (isAnother || (closeTime !== undefined && status.name !== 'CONTINUED_AS_NEW')) throw new RunEndedError(workflowId);
}

/** @returns false when the run has ended. */
async function paused(client: Client, workflowId: string, reason: string): Promise<boolean> {
  const { identity, namespace } = client.options;
  const request = { namespace, workflowId, reason, identity, requestId: randomUUID() };
  return await changed(workflowId, () => client.workflowService.pauseWorkflowExecution(request));
}

/** @returns false when the run has ended. */
async function resumed(client: Client, workflowId: string): Promise<boolean> {
  const { identity, namespace } = client.options;
  const request = { namespace, workflowId, identity, requestId: randomUUID() };
  return await changed(workflowId, () => client.workflowService.unpauseWorkflowExecution(request));
}

async function changed(workflowId: string, change: () => Promise<unknown>): Promise<boolean> {
  try {
    await change();
  } catch (error) {
    if (isNotFound(error)) return false;
    const status = serverError(error)?.code;
    if (status === UNIMPLEMENTED) throw new PauseNotSupportedError(workflowId, { cause: error });
    // It is as it should be already.
    if (status !== FAILED_PRECONDITION) throw error;
  }
  return true;
}

/** The children of a paused run once its workflow has ended what it was doing, and they have begun. */
async function settledChildren(client: Client, workflowId: string): Promise<string[]> {
  const deadline = Date.now() + SETTLING.longest;
  for (;;) {
    const raw = await rawUnlessGone(client, workflowId);
    const children = raw?.pendingChildren ?? [];
    const isSettled = !raw?.pendingWorkflowTask && children.every(({ runId }) => runId);
    if (isSettled || Date.now() >= deadline) return idsOf(children);
    await delay(SETTLING.pause);
  }
}

type RawDescription = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['describe']>>['raw'];

async function rawUnlessGone(client: Client, workflowId: string): Promise<RawDescription | undefined> {
  try {
    return (await client.workflow.getHandle(workflowId).describe()).raw;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function idsOf(children: RawDescription['pendingChildren']): string[] {
  return (children ?? []).flatMap((child) => child.workflowId || []);
}
