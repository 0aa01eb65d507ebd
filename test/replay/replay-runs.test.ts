import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../src/agent/define-agent.ts';
import { defineTool } from '../../src/agent/define-tool.ts';
import { connect } from '../../src/client/connect.ts';
import { openEngine } from '../../src/engines/index.ts';
import { type RecordedHistory, type RecordedRun, replayRuns } from '../../src/replay/index.ts';
import { createWorker } from '../../src/worker/index.ts';
import type { Json } from '../../src/workflow/protocol/index.ts';
import { scripted, silent } from '../worker/support.ts';
import * as versions from './fixtures/versions.ts';

const directory = mkdtempSync(join(tmpdir(), 'perdure-replay-'));
const workflowsPath = fileURLToPath(new URL('fixtures/versions.ts', import.meta.url));
const names = Object.keys(versions).filter((name) => name !== 'recorded');
const fitting = names.filter((name) => name.startsWith('same'));

const look = defineTool({
  name: 'look',
  description: 'Looks it up.',
  input: z.object({ id: z.string() }),
  run: ({ id }) => id,
});
const model = scripted({ calls: [{ tool: 'look', input: { id: '1' } }] }, { text: 'Found.' });
const clerk = defineAgent({ name: 'clerk', model, instructions: 'Serve.', tools: [look] });

let closed: RecordedHistory;
let open: RecordedHistory;
let agentRun: RecordedRun;

beforeAll(async () => {
  const engine = await openEngine({ type: 'embedded', path: join(directory, 'runs.db') });
  const perdure = await connect({ engine });
  const activities = { reserve: String, charge: String, send: String };
  const worker = await createWorker({ engine, agents: [clerk], workflowsPath, activities, logger: silent });
  const working = worker.run();
  const historyOf = async (id: string): Promise<RecordedHistory> => {
    const events: Json[] = [];
    for await (const page of perdure.run(id).history()) events.push(...page.events);
    return { events };
  };
  const handle = await engine.client.workflow.start('recorded', {
    taskQueue: worker.taskQueue,
    workflowId: 'order',
    args: ['book'],
  });
  // Two activities and four tasks: it waits for the signal.
  // Two activities and four tasks: it waits for the signal.
  await vi.waitUntil(
    async () => typesOf(await historyOf('order')).filter((type) => type.endsWith('TASK_COMPLETED')).length === 6,
    { timeout: 60_000, interval: 50 },
  );
  open = await historyOf('order');
  await handle.signal('go');
  await handle.result();
  closed = await historyOf('order');
  await (await perdure.start(clerk, { id: 'agent-1', input: 'Look for 1.' })).result();
  agentRun = { id: 'agent-1', history: await historyOf('agent-1') };
  worker.shutdown();
  await working;
  await perdure.close();
  await engine.close();
}, 160_000);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function typesOf({ events }: RecordedHistory): string[] {
  return events.map((event) => (event as { eventType: string }).eventType);
}

/** The same run, had the code that it was recorded with been called so. */
function of(history: RecordedHistory, name: string): RecordedRun {
  const events = structuredClone(history.events) as Record<string, Record<string, Json>>[];
  Object.assign(events[0]?.['workflowExecutionStartedEventAttributes'] ?? {}, { workflowType: { name } });
  return { id: name, history: { events } };
}

/** Where a version calls something. */
function placeIn(version: string, call: string): RegExp {
  const lines = readFileSync(workflowsPath, 'utf8').split('\n');
  const begin = lines.findIndex((line) => line.includes(`function ${version}(`));
  const line = lines.findIndex((text, index) => index > begin && text.includes(call)) + 1;
  return new RegExp(`^at .*versions\\.ts:${line}:`);
}

describe('code', () => {
  it('finds every version that does something else, and none that does the same', async () => {
    const runs = ['recorded', ...names].map((name) => of(closed, name));
    const report = await replayRuns({ workflowsPath, runs });
    expect(names.length).toBeGreaterThanOrEqual(20);
    const accepted = report.runs.filter(({ ok }) => ok).map(({ id }) => id);
    expect(accepted).toEqual(['recorded', ...fitting]);
  }, 160_000);

  it('does so in runs that are open, also beyond the last step that is known', async () => {
    const report = await replayRuns({ workflowsPath, runs: ['recorded', ...names].map((name) => of(open, name)) });
    const later = names.filter((name) => name.startsWith('later'));
    expect(report.runs.filter(({ ok }) => ok).map(({ id }) => id)).toEqual(['recorded', ...fitting, ...later]);
  }, 160_000);

  it('says which event, what was expected, what the code did, and where', async () => {
    const some = ['reordered', 'throwsByMistake', 'addedReminder'];
    const report = await replayRuns({ workflowsPath, runs: some.map((name) => of(open, name)) });
    const [reordered, throwing, reminder] = report.runs.map(({ code }) => code);
    expect(reordered).toMatchObject({
      kind: 'nondeterminism',
      event: { id: 5, type: 'ActivityTaskScheduled' },
      expected: 'activity reserve',
      actual: 'activity charge',
      stack: expect.stringMatching(placeIn('reordered', 'await charge')) as string,
    });
    expect(throwing).toMatchObject({ kind: 'failure', message: 'no such thing' });
    expect(throwing?.stack).toContain('throwsByMistake');
    expect(reminder).toMatchObject({ kind: 'extra', actual: 'timer' });
    expect(reminder?.stack).toMatch(placeIn('addedReminder', 'void sleep'));
  }, 160_000);

  it('refuses what is no history', async () => {
    const runs = [{ id: 'x', history: { events: [{ eventId: '1' }] } }];
    await expect(replayRuns({ workflowsPath, runs })).rejects.toThrow("recording of 'x': is no whole history");
  });
});

describe('definitions', () => {
  it('has nothing to say of an agent that is the same', async () => {
    expect(await replayRuns({ agents: [clerk], runs: [agentRun], strict: true })).toMatchObject({
      ok: true,
      runs: [{ id: 'agent-1', type: 'perdureAgent', definitions: [] }],
    });
  }, 60_000);

  it('names what has changed: it counts when that is asked for', async () => {
    const changed = defineAgent({
      name: 'clerk',
      model: { ...model, modelId: 'newer' },
      instructions: 'Serve well.',
      tools: [
        defineTool({ name: 'look', description: 'Looks it up.', input: z.object({ id: z.number() }), run: () => 1 }),
        defineTool({ name: 'sell', description: 'Sells.', run: () => 1 }),
      ],
      limits: { steps: 3 },
    });
    const report = await replayRuns({ agents: [changed], runs: [agentRun] });
    const found = report.runs[0]?.definitions.map(({ field, change }) => `${field} ${change}`);
    expect(found?.toSorted()).toEqual([
      'instructions changed',
      'limits.steps changed',
      'model changed',
      'tools.look.inputSchema changed',
      'tools.sell added',
    ]);
    expect([report.ok, report.runs[0]?.code]).toEqual([true, undefined]);
    expect((await replayRuns({ agents: [changed], runs: [agentRun], strict: true })).ok).toBe(false);
  }, 60_000);

  it('says that an agent is gone', async () => {
    const report = await replayRuns({ runs: [agentRun] });
    expect(report.runs[0]?.definitions).toEqual([{ agent: 'clerk', field: 'agent', change: 'removed' }]);
  }, 60_000);
});
