/** Measures runs at work on SQLite: `work-process.ts BUNDLE FILE`. */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { DatabaseSync } from 'node:sqlite';
import type { Client } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { activities } from '../activities.ts';
import { cpuMsSince } from '../measure.ts';
import { LongRun } from '../core/turns.ts';
import type { fiveActivities } from '../workflows/index.ts';
import type { GroupFigures, WorkFigures } from './figures.ts';

const taskQueue = 'bench';
const IN_FLIGHT = [1, 5, 20, 100];
const SECONDS = 4;
/** V8 compiles what is used often: before that, figures are those of a process that has just begun. */
const WARM_UP_SECONDS = 10;
/** By how much the disk is made slower, and for how many runs at once that is measured. */
const SLOW = { ms: 10, inFlight: [5, 50] };
const PAGE = 4096;
const PAGES = 1000;

const [codePath = '', path = ''] = process.argv.slice(2);
/** Since the last look. */
const counts = { syncs: 0, commitMs: 0, longestMs: 0 };
let slowerMs = 0;

/** Counts what the engine asks of the disk and of SQLite. */
function count(): void {
  const { fdatasync } = fs;
  fs.fdatasync = ((file: number, told: fs.NoParamCallback) => {
    counts.syncs++;
    fdatasync(file, (error) => {
      if (slowerMs === 0) told(error);
      else setTimeout(told, slowerMs, error);
    });
  }) as typeof fdatasync;
  syncBuiltinESMExports();
  const exec = Reflect.get(DatabaseSync.prototype, 'exec');
  DatabaseSync.prototype.exec = function counted(sql) {
    const started = performance.now();
    exec.call(this, sql);
    if (sql !== 'COMMIT') return;
    const ms = performance.now() - started;
    counts.commitMs += ms;
    counts.longestMs = Math.max(counts.longestMs, ms);
  };
}

/** How often this disk can be waited for in a second. */
async function diskRate(): Promise<number> {
  const file = fs.openSync(`${path}.disk`, 'w');
  const page = Buffer.alloc(PAGE, 1);
  for (let index = 0; index < PAGES; index++) fs.writeSync(file, page);
  fs.fsyncSync(file);
  const started = performance.now();
  let syncs = 0;
  while (performance.now() - started < 2000) {
    fs.writeSync(file, page, 0, PAGE, (syncs++ % PAGES) * PAGE);
    await new Promise((resolve) => fs.fdatasync(file, resolve));
  }
  fs.closeSync(file);
  return (syncs / (performance.now() - started)) * 1000;
}

async function fly(client: Client, inFlight: number, seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let done = 0;
  const one = async (): Promise<void> => {
    while (performance.now() < end) {
      const options = { taskQueue, workflowId: crypto.randomUUID(), args: ['hi'] as [string] };
      await client.workflow.execute<typeof fiveActivities>('fiveActivities', options);
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return done;
}

async function measureGroup(client: Client, inFlight: number): Promise<GroupFigures> {
  Object.assign(counts, { syncs: 0, commitMs: 0, longestMs: 0 });
  const [cpu, started] = [process.cpuUsage(), performance.now()];
  const done = await fly(client, inFlight, SECONDS);
  return {
    inFlight,
    runsPerSecond: (done / (performance.now() - started)) * 1000,
    cpuMs: cpuMsSince(cpu) / done,
    syncsPerRun: counts.syncs / done,
    commitMs: counts.commitMs / done,
    longestCommitMs: counts.longestMs,
  };
}

Runtime.install({ logger: new DefaultLogger('ERROR') });
const syncsPerSecond = await diskRate();
count();
const { createEmbeddedEngine } = await import('../../src/engines/embedded/index.ts');
const engine = await createEmbeddedEngine({ path });
const longRun = new LongRun();
const worker = await engine.createWorker({
  taskQueue,
  workflowBundle: { codePath },
  activities: { ...activities, tool: longRun.tool },
});
void worker.run();
await fly(engine.client, 10, WARM_UP_SECONDS);
const groups: GroupFigures[] = [];
for (const inFlight of IN_FLIGHT) groups.push(await measureGroup(engine.client, inFlight));
const slow: GroupFigures[] = [];
slowerMs = SLOW.ms;
for (const inFlight of SLOW.inFlight) slow.push(await measureGroup(engine.client, inFlight));
slowerMs = 0;
const turns = await longRun.measure(engine.client, taskQueue, 'long');
process.send?.({ syncsPerSecond, groups, slower: { ms: SLOW.ms, groups: slow }, turns } satisfies WorkFigures);
