import { Trigger, patched, sleep, uuid4, workflowInfo } from '@temporalio/workflow';
import { activity, brief, report } from './support.ts';

const format = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Reports random numbers, ids and times before, between and after sleeps. */
export async function sampleChance(): Promise<boolean> {
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) {
    const id = uuid4();
    ids.push(id);
    report.value([i, id, Math.random(), Date.now(), new Date().toISOString()]);
    await sleep(10);
  }
  return ids.every((id) => format.test(id)) && new Set(ids).size === ids.length;
}

/** One id and one random number. */
export async function oneSample(): Promise<boolean> {
  report.value([uuid4(), Math.random()]);
  return true;
}

/** Time stands still within a task and is the same for all ways to ask. */
export async function timeStandsStill(): Promise<boolean> {
  const start = Date.now();
  for (let i = 0; i < 100_000; i++) Math.sqrt(i);
  const asked = [Date.now(), new Date().getTime(), start];
  report.value(start);
  await sleep(1);
  return new Set(asked).size === 1 && Date.now() > start;
}

/** An order that depends on the order of promises only. */
export async function interleave(): Promise<string[]> {
  const log: string[] = [];
  const trigger = new Trigger<void>();
  const workers = ['a', 'b', 'c'].map(async (name) => {
    log.push(`${name} waits`);
    await trigger;
    log.push(`${name} goes`);
  });
  await sleep(1);
  trigger.resolve();
  await Promise.all(workers);
  return log;
}

/** Chance decides which way the run goes. */
export async function chanceDecides(): Promise<string> {
  const way = Math.random() < 0.5 ? 'heads' : 'tails';
  report.value(way);
  await activity(way, brief)();
  await sleep(1);
  await activity(Math.random() < 0.5 ? 'heads' : 'tails', brief)();
  return 'done';
}

/** `isReplaying` as seen, task by task, by who executes the code. */
export async function replaySeen(): Promise<void> {
  report.value(['first', workflowInfo().unsafe.isReplaying]);
  await sleep(1);
  report.value(['second', workflowInfo().unsafe.isReplaying]);
}

/** How long the history is, task by task. */
export async function historyGrows(): Promise<number[]> {
  const lengths = [workflowInfo().historyLength];
  await sleep(1);
  lengths.push(workflowInfo().historyLength);
  if (patched('middle')) await sleep(1);
  lengths.push(workflowInfo().historyLength);
  return lengths;
}
