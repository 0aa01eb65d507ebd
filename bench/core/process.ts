/** Measures what runs cost as they gather and grow, and says so: `process.ts BUNDLE`. Needs `--expose-gc`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { activities } from '../activities.ts';
import { type untilSignal, waiting } from '../workflows/index.ts';
import type { CoreFigures, TurnCost } from './figures.ts';
import { LongRun } from './turns.ts';

const taskQueue = 'bench';
/** Runs of a group, and how many groups. The first groups also pay for heaps that grow. */
const GROUP = 2000;
const GROUPS = 3;
const IN_FLIGHT = 20;

const [codePath = ''] = process.argv.slice(2);
const longRun = new LongRun();

async function memory(): Promise<number> {
  for (let time = 0; time < 4; time++) {
    globalThis.gc?.();
    await delay(300);
  }
  return process.memoryUsage.rss();
}

async function startWaiting(client: Client, count: number, prefix: string): Promise<void> {
  let begun = 0;
  const fly = async (): Promise<void> => {
    while (begun < count) {
      const workflowId = `${prefix}-${begun++}`;
      const handle = await client.workflow.start<typeof untilSignal>('untilSignal', { taskQueue, workflowId });
      await handle.query(waiting);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, fly));
}

async function measureTurns(client: Client): Promise<readonly TurnCost[]> {
  // Once for the compiler.
  await longRun.measure(client, taskQueue, 'warm-up');
  return await longRun.measure(client, taskQueue, 'measured');
}

async function measureResidents(client: Client): Promise<readonly number[]> {
  await startWaiting(client, GROUP / 4, 'warm-up');
  const bytes: number[] = [];
  let before = await memory();
  for (let group = 0; group < GROUPS; group++) {
    await startWaiting(client, GROUP, `group-${group}`);
    const after = await memory();
    bytes.push((after - before) / GROUP);
    before = after;
  }
  return bytes;
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
const engine = await createEmbeddedEngine({ memory: true });
const workflowBundle = { codePath };
const worker = await engine.createWorker({
  taskQueue,
  workflowBundle,
  activities: { ...activities, tool: longRun.tool },
  maxCachedWorkflows: GROUP * (GROUPS + 1),
});
void worker.run();
const residentBytes = await measureResidents(engine.client);
process.send?.({ residentBytes, turns: await measureTurns(engine.client) } satisfies CoreFigures);
