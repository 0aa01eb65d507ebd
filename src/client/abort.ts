import type { Client } from '@temporalio/client';
import { isNotFound, translated, type RunReference } from './context.ts';
import { RunNotFoundError } from './errors.ts';
import { childrenOf, listedBelow } from './tree.ts';

/** How often sub-agents are looked for: they go on calling sub-agents of their own until each of them is found. */
const MOST_ROUNDS = 20;

/**
 * Terminates a run, and then all runs below it: the run first, so that it starts no more of them.
 * @throws RunNotFoundError when there is no such run. One that has ended stays as it is; what is left below it is terminated.
 */
export async function abortTree(
  client: Client,
  { workflowId, firstRunId }: RunReference,
  reason: string,
): Promise<void> {
  const handle = client.workflow.getHandle(
    workflowId,
    undefined,
    firstRunId === undefined ? {} : { firstExecutionRunId: firstRunId },
  );
  const below = new Set<string>();
  await translated(workflowId, async () => {
    for (const child of await childrenOf(client, workflowId)) below.add(child);
  });
  await terminated(() => handle.terminate(reason));
  for (let round = 0; round < MOST_ROUNDS; round++) {
    // Lists may lag behind; what a run itself says of its children does not.
    for (const state of ['Running', 'Paused'] as const) {
      for (const id of await listedBelow(client, workflowId, state)) below.add(id);
    }
    if (below.size === 0) return;
    for (const id of below) await abortOne(client, id, reason, below);
  }
}

async function abortOne(client: Client, workflowId: string, reason: string, below: Set<string>): Promise<void> {
  below.delete(workflowId);
  try {
    for (const child of await childrenOf(client, workflowId)) below.add(child);
  } catch (error) {
    // Deleted meanwhile.
    if (!isNotFound(error)) throw error;
  }
  await terminated(() => client.workflow.getHandle(workflowId).terminate(reason));
}

async function terminated(terminate: () => Promise<unknown>): Promise<void> {
  try {
    await terminate();
  } catch (error) {
    // It has ended by itself.
    if (!isNotFound(error) && !RunNotFoundError.is(error)) throw error;
  }
}
