import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type Driven, driveAgent } from './drive-agent.ts';
import { add, mixed, note } from '../workflows/index.ts';

/** Notes that each of the two senders sends to a run, and additions. */
const [NOTES, ADDITIONS] = [4, 2];

/** No workflow task may take longer, in milliseconds. */
const LONGEST_TASK_MS = 120_000;

/** What a run is: a workflow with a bit of everything, or an agent. */
export type Kind = 'mixed' | 'agent';

/** One run of the workload: what its client did, and what it must come to. */
export interface DrivenRun extends Driven {
  readonly kind: Kind;
  readonly workflowId: string;
}

/** How a run is driven. Times are in milliseconds. */
export interface DriveOptions {
  /** Default `mixed`. */
  readonly kind?: Kind;
  /** Before each signal and each update. Default 20. */
  readonly pause?: number;
  /** After which a step, or a workflow task, is tried again whose process is gone. Default 2000. */
  readonly stepTimeout?: number;
}

/** Starts a run, and tells it all that it waits for. */
export function drive(client: Client, taskQueue: string, workflowId: string, options: DriveOptions = {}): DrivenRun {
  const { kind = 'mixed', pause = 20 } = options;
  const driven =
    kind === 'mixed'
      ? driveMixed(client, taskQueue, workflowId, options)
      : driveAgent(client, taskQueue, workflowId, pause);
  driven.done.catch(() => undefined);
  return { kind, workflowId, ...driven };
}

function driveMixed(
  client: Client,
  taskQueue: string,
  workflowId: string,
  { pause = 20, stepTimeout = 2000 }: DriveOptions,
): Driven {
  const started = client.workflow.start(mixed, {
    taskQueue,
    workflowId,
    workflowTaskTimeout: Math.min(stepTimeout, LONGEST_TASK_MS),
    args: [{ notes: 2 * NOTES, additions: ADDITIONS, stepTimeout }],
  });
  const send = async (sender: string): Promise<void> => {
    await started;
    // Without a run id: also what comes after the first run is meant.
    const handle = client.workflow.getHandle(workflowId);
    for (let i = 0; i < NOTES; i++) {
      await delay(pause);
      await untilRoom(() => handle.signal(note, `${sender}${i}`));
    }
  };
  const increase = async (): Promise<void> => {
    const { firstExecutionRunId } = await started;
    await pauseForAWhile(client, workflowId, firstExecutionRunId, pause);
    const handle = client.workflow.getHandle(workflowId, firstExecutionRunId);
    for (let i = 1; i <= ADDITIONS; i++) {
      await delay(pause);
      await untilRoom(() => handle.executeUpdate(add, { updateId: `addition-${i}`, args: [i] }));
    }
  };
  const done = Promise.all([send('a'), send('b'), increase()]).then(() => undefined);
  return { started, done };
}

/** A run takes in signals while it is paused. */
async function pauseForAWhile(client: Client, workflowId: string, runId: string, pause: number): Promise<void> {
  const run = { namespace: client.options.namespace, workflowId, runId, identity: 'chaos', reason: 'tried' };
  const { workflowService } = client;
  const requestId = randomUUID();
  await untilRoom(() => workflowService.pauseWorkflowExecution({ ...run, requestId }));
  await delay(pause);
  await untilRoom(() => workflowService.unpauseWorkflowExecution({ ...run, requestId }));
}

/** Tries again what was refused because Redis was full, of which nothing was written. */
async function untilRoom(call: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await call();
      return;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (!(cause instanceof Error) || !cause.message.includes('Redis has no memory left')) throw error;
      await delay(200);
    }
  }
}

/** The same for every run, whatever happens to the processes. */
export const expected = {
  generation: 1,
  steps: ['0 first', '0 left', '0 local', '0 right', '1 first', '1 last', '1 left', '1 local', '1 right'],
  notesOf: (sender: string): string[] => Array.from({ length: NOTES }, (_, i) => `${sender}${i}`),
  sum: (ADDITIONS * (ADDITIONS + 1)) / 2,
  additions: Array.from({ length: ADDITIONS }, (_, i) => `add ${i + 1}`),
};
