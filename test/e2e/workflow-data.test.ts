import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callAgent, callTool, createAgentTest, say, scriptedModel } from 'perdure/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineAgent } from '../../src/agent/define-agent.ts';
import { openWorkflowData, workflowData, type WorkflowData, type WorkflowDataOptions } from '../../src/data/index.ts';
import { type TestDatabase, makeDatabase, postgresUrl } from '../data/support.ts';

/** A place for data that tests may fill. */
interface Place {
  readonly options: WorkflowDataOptions;
  remove(): Promise<void>;
}

const places: Readonly<Record<string, () => Promise<Place>>> = {
  PGlite: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'perdure-data-'));
    return { options: { path: join(folder, 'data') }, remove: () => rm(folder, { recursive: true }) };
  },
  PostgreSQL: async () => {
    const database: TestDatabase = await makeDatabase();
    return { options: { url: database.url }, remove: () => database.drop() };
  },
};

describe.each(Object.entries(places))('agents that share data, on %s', (name, makePlace) => {
  describe.skipIf(name === 'PostgreSQL' && postgresUrl === undefined)('of a server or without one', () => {
    let place: Place;
    let data: WorkflowData;
    beforeAll(async () => {
      place = await makePlace();
      data = await openWorkflowData(place.options);
    });
    afterAll(async () => {
      await data.close();
      await place.remove();
    });

    /** A desk whose researcher works on what the coordinator has written. */
    function crew(): { readonly coordinator: ReturnType<typeof agent>; readonly researcher: ReturnType<typeof agent> } {
      const tools = [workflowData(place.options)];
      const researcher = agent('researcher', tools, []);
      return { researcher, coordinator: agent('coordinator', tools, [researcher]) };
    }

    it('find what others of their run wrote, after a worker has died in the middle of a write', async () => {
      const { coordinator, researcher } = crew();
      const models = {
        coordinator: scriptedModel([
          callTool('workflow_data_write', {
            key: 'plan/1',
            value: { ask: 'How many?' },
            metadata: { description: 'Plan' },
          }),
          callAgent(researcher, 'Do what is planned.'),
          callTool('workflow_data_list', { filterByAgent: 'researcher' }),
          say('Done.'),
        ]),
        researcher: scriptedModel([
          callTool('workflow_data_read', { key: 'plan/1', includeMetadata: true }),
          callTool('workflow_data_query', { pattern: 'plan/*' }),
          callTool('workflow_data_write', { key: 'found/1', value: 42 }),
          say('Found.'),
        ]),
      };
      await using test = await createAgentTest({ agents: [coordinator], models });
      // The write is in the database, and nobody has heard of it: it is tried again.
      test.crashDuring('tool workflow_data_write');
      test.crashAfter('tool workflow_data_read');
      const run = await test.start(coordinator, { input: 'Go.' });
      expect(await run.result()).toBe('Done.');

      const results = resultsOf(models.researcher);
      expect(results).toEqual([
        expect.objectContaining({
          key: 'plan/1',
          value: { ask: 'How many?' },
          metadata: expect.objectContaining({ agent: 'coordinator', description: 'Plan', workflowId: run.id }),
        }),
        { entries: [expect.objectContaining({ key: 'plan/1', agent: 'coordinator', value: { ask: 'How many?' } })] },
        { key: 'found/1', bytes: 2 },
      ]);
      const { entries } = await data.query(run.id, { pattern: '*' });
      expect(entries.map(({ key, agent: by, value }) => [key, by, value])).toEqual([
        ['found/1', 'researcher', 42],
        ['plan/1', 'coordinator', { ask: 'How many?' }],
      ]);
      // The sub-agent's own run is named, and has no data of its own.
      const child = entries[0]?.workflowId ?? '';
      expect(child).not.toBe(run.id);
      expect(await data.list(child)).toEqual({ entries: [] });
    });

    it('do not see another run, and are told why they can not write', async () => {
      const { researcher } = crew();
      const model = scriptedModel([
        callTool('workflow_data_write', { key: 'k', value: 1 }),
        say('Written.'),
        callTool('workflow_data_read', { key: 'k' }),
        callTool('workflow_data_write', { key: 'k', value: 2 }),
        callTool('workflow_data_write', { key: 'k', value: 3 }),
        say('Ended.'),
      ]);
      await using test = await createAgentTest({ agents: [researcher], model });
      await (await test.start(researcher, { input: 'First.' })).result();
      const second = await test.start(researcher, { input: 'Second.' });
      expect(await second.result()).toBe('Ended.');
      const [, read, written, again] = resultsOf(model).map((each) => JSON.stringify(each));
      expect(read).toContain('There is no data under the key');
      expect(written).toContain('"bytes":1');
      expect(again).toContain('was written by researcher');
      expect((await data.read(second.id, 'k')).value).toBe(2);
    });
  });
});

/** What the tools answered a model, in order; a call that repeats another has the same. */
function resultsOf(model: ReturnType<typeof scriptedModel>): readonly unknown[] {
  const byCall = new Map(
    model.calls.flatMap(({ toolResults }) => toolResults.map((each) => [each.toolCallId, each.value])),
  );
  return [...byCall.values()];
}

function agent(
  name: string,
  tools: readonly ReturnType<typeof workflowData>[],
  agents: readonly ReturnType<typeof defineAgent>[],
): ReturnType<typeof defineAgent> {
  return defineAgent({ name, description: name, model: 'test/none', instructions: 'Work.', tools, agents });
}
