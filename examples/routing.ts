/** Two engines as one: rules say where a run starts, and whoever asks for it finds it there. Here, one is in memory and one on a file. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, defineAgent, defineTool } from 'perdure';
import { createRoutedEngine } from 'perdure/engines';
import { createWorker } from 'perdure/worker';
import { z } from 'zod';
import { quiet } from './locally.ts';
import { model } from './model.ts';

const trackParcel = defineTool({
  name: 'track_parcel',
  description: 'Track a parcel: where it is.',
  input: z.object({
    parcel: z
      .string()
      .regex(/^P-\d+$/)
      .describe('The number of the parcel such as P-5.'),
  }),
  run: ({ parcel }) => ({ parcel, place: 'Oslo' }),
});

const instructions = 'You find parcels. Look them up, never guess.';
// One that has to survive everything, and one that is quickly done again.
const support = defineAgent({ name: 'support', model, instructions, tools: [trackParcel] });
const trial = defineAgent({ name: 'trial', model, instructions, tools: [trackParcel] });

quiet();
const folder = await mkdtemp(join(tmpdir(), 'perdure-routing-'));
// In a real application e.g. `{ type: 'temporal' }` and `{ type: 'bullmq' }`.
const engine = await createRoutedEngine({
  engines: {
    durable: { type: 'embedded', path: join(folder, 'runs.db') },
    quick: { type: 'embedded', memory: true },
  },
  rules: [{ agent: 'trial', engine: 'quick' }],
  default: 'durable',
});

// One worker, for both; one client, that need not know.
const worker = await createWorker({ agents: [support, trial], engine });
const working = worker.run();
const perdure = await connect({ engine });
for (const agent of [support, trial]) {
  const run = await perdure.start(agent, { id: `${agent.name}-1`, input: 'Where is parcel P-5?' });
  console.log(`${run.id}: ${(await run.result()).replaceAll(/\s+/g, ' ')}`);
}
for (const name of ['durable', 'quick']) {
  const there = await connect({ engine: engine.engine(name) });
  console.log(`on ${name}: ${(await there.listRuns()).runs.map(({ id }) => id).join(', ')}`);
}
console.log(`on both: ${(await perdure.listRuns()).runs.map(({ id }) => id).join(', ')}`);

worker.shutdown();
await working;
await engine.close();
await rm(folder, { recursive: true });
