/** Measures what runs cost as they gather and grow, and says so: `process.ts BUNDLE`. Needs `--expose-gc`. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { activities } from '../activities.ts';
import { cpuMsSince } from '../measure.ts';
import { type manyActivities, type untilSignal, waiting } from '../workflows/index.ts';
import type { CoreFigures, TurnCost } from './figures.ts';

const taskQueue = 'bench';
/** Runs of a group, and how many groups. The first groups also pay for heaps that grow. */
const GROUP = 2000;
const GROUPS = 3;
const IN_FLIGHT = 20;
/** Activities of the long run; each makes six events. */
const TURNS = 1801;
const TURNS_OF_PART = 300;
const EVENTS_OF_TURN = 6;

const [codePath = ''] = process.argv.slice(2);
const turns: TurnCost[] = [];
let cpu = process.cpuUsage();

/** Looks at the clock now and then: the activity of the long run. */
async function tool(turn: number): Promise<string> {
  if (turn % TURNS_OF_PART === 0) {
    if (turn > 0) turns.push({ events: turn * EVENTS_OF_TURN, cpuMs: cpuMsSince(cpu) / TURNS_OF_PART });
    cpu = process.cpuUsage();
  }
  return 'done';
}

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
  const options = { taskQueue, args: [TURNS] as [number] };
  // Once for the compiler.
  for (const workflowId of ['warm-up', 'measured']) {
    turns.length = 0;
    await client.workflow.execute<typeof manyActivities>('manyActivities', { ...options, workflowId });
  }
  return turns;
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
  activities: { ...activities, tool },
  maxCachedWorkflows: GROUP * (GROUPS + 1),
});
void worker.run();
const residentBytes = await measureResidents(engine.client);
process.send?.({ residentBytes, turns: await measureTurns(engine.client) } satisfies CoreFigures);
