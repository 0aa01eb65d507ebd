import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { Perdure } from '../../../src/client/perdure.ts';
import type { Run } from '../../../src/client/run.ts';
import type { Engine } from '../../../src/engine/index.ts';
import { clerk, SECRET } from '../fixtures/agent.ts';

/** What an agent's tools and user tell it; each must be in its result. */
export const told = ['heavy', 'yes', 'shipped', 'paid'];

/** What was done to a run, as far as others have to wait for it. */
export interface Driven {
  /** Resolves when the run was started, which was acknowledged. */
  readonly started: Promise<{ readonly firstExecutionRunId: string }>;
  /** Resolves when everything was acknowledged. */
  readonly done: Promise<void>;
}

/** Starts a run of the agent, pauses it for a while, and answers all that it waits for. */
export function driveAgent(client: Client, taskQueue: string, workflowId: string, pause: number): Driven {
  const perdure = new Perdure({
    // Nothing else of it is used here.
    engine: { client } as Engine,
    context: { client, taskQueue, secret: () => SECRET, tokens: () => Promise.reject(new Error('not used')) },
    release: async () => undefined,
  });
  const run = perdure.start(clerk, { id: workflowId, input: 'Weigh, ship and pay.', ifExists: 'use' });
  const started = run.then(async () => {
    const { runId: firstExecutionRunId } = await client.workflow.getHandle(workflowId).describe();
    return { firstExecutionRunId };
  });
  const done = run.then((it) => answer(it, pause));
  started.catch(() => undefined);
  return { started, done };
}

async function answer(run: Run<unknown>, pause: number): Promise<void> {
  await run.pause({ reason: 'tried' });
  await delay(pause);
  await run.resume();
  const answered = new Set<string>();
  while (answered.size < 3) {
    await delay(pause);
    for (const { id: waitId, kind } of await run.pending()) {
      if (answered.has(waitId)) continue;
      if (kind === 'approval') await run.approve({ waitId });
      else if (kind === 'tool') await run.completeTool({ result: 'shipped' }, { waitId });
      else await run.reply('yes', { waitId });
      answered.add(waitId);
    }
  }
}
