/**
 * Our workflow host and the official one on the same activations, in alternating rounds: `node bench/host.ts [runs] [threads] [rounds]`.
 * Isolation, source maps and watchdog are on in both.
 */
import { performance } from 'node:perf_hooks';
import { DefaultLogger } from '@temporalio/worker';
import { createWorkflowHost } from '../src/host/host.ts';
import { ThreadedVMWorkflowCreator, type WorkflowCreator } from '../src/official.ts';
import { bundleFixtures, driveFiveActivities } from '../test/host/driver.ts';

const [runs = 1000, threads = 1, rounds = 3] = process.argv.slice(2).map(Number);
const CONCURRENT = 50;

async function measure(creator: WorkflowCreator, count: number): Promise<number> {
  let left = count;
  const started = performance.now();
  const driver = async (): Promise<void> => {
    while (left-- > 0) await driveFiveActivities(creator);
  };
  await Promise.all(Array.from({ length: CONCURRENT }, driver));
  return (count / (performance.now() - started)) * 1000;
}

async function latency(creator: WorkflowCreator): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const started = performance.now();
    await driveFiveActivities(creator);
    times.push(performance.now() - started);
  }
  return times.toSorted((a, b) => a - b)[50] ?? Number.NaN;
}

const bundle = await bundleFixtures();
const ours = await createWorkflowHost(bundle, { threads });
const official = await ThreadedVMWorkflowCreator.create({
  workflowBundle: bundle,
  threadPoolSize: threads,
  isolateExecutionTimeoutMs: 5000,
  reuseV8Context: true,
  registeredActivityNames: new Set(),
  logger: new DefaultLogger('ERROR'),
});

await measure(ours, 500);
await measure(official, 50);
const rates = { ours: [] as number[], official: [] as number[] };
for (let round = 0; round < rounds; round++) {
  rates.ours.push(await measure(ours, runs));
  rates.official.push(await measure(official, Math.ceil(runs / 8)));
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
console.log(
  JSON.stringify({
    threads,
    runsPerSecond: { ours: median(rates.ours), official: median(rates.official) },
    ratio: median(rates.ours) / median(rates.official),
    p50Ms: { ours: await latency(ours), official: await latency(official) },
  }),
);
await Promise.all([ours.destroy(), official.destroy()]);
