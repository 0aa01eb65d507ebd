/** An engine of one's own, by configuration: a run waits on it, the process that had it goes, and another one takes the run up where it was. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineAgent } from 'perdure';
import { createWorkflowEngineAdapter } from 'perdure/adapters';
import { registerEngine } from 'perdure/engines';
import { createWorker } from 'perdure/worker';
import { quiet } from '../locally.ts';
import { model } from '../model.ts';
import { openJournalEngine } from './engine.ts';

const greeter = defineAgent({ name: 'greeter', model, instructions: 'Greet the user.' });

quiet();
registerEngine('journal', openJournalEngine);
const folder = await mkdtemp(join(tmpdir(), 'perdure-journal-'));
const file = join(folder, 'runs.jsonl');

// Nobody works yet: the run is stored, and waits for a worker.
const before = await createWorkflowEngineAdapter({ type: 'journal', config: { file } });
const [id = ''] = await before.startRuns([{ agentName: 'greeter', input: 'Hello!' }]);
await before.close();
console.log(`stored: ${(await readFile(file, 'utf8')).split('\n').length - 1} commit(s)`);

const after = await createWorkflowEngineAdapter({ type: 'journal', config: { file } });
const worker = await createWorker({ agents: [greeter], engine: after.perdure.engine });
const working = worker.run();
for await (const event of after.streamRunEvents(id)) console.log(event.type);
console.log(`${(await after.getEngineInfo()).name}: ${(await after.getEngineHealth()).status}`);

worker.shutdown();
await working;
await after.close();
await rm(folder, { recursive: true });
