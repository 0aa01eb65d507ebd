import { describe, expect, it } from 'vitest';
import { inputOf, pending } from './fakes.ts';
import { currentRun, handOver, inputOfRun, lengthen } from './hand-over.ts';
import { nth, saidOf, toldOf, until, useWorlds, type AgentHandle } from './world.ts';

const text = (value: string) => ({ type: 'value', value }) as const;
const approved = { type: 'value', value: { approved: true } } as const;

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'a run whose history has become long, $maxCachedWorkflows runs cached',
  (options) => {
    const create = useWorlds(options);

    it('goes on in a new run between steps, with its conversation', async () => {
      const world = await create({
        scripts: {
          main: [
            async (_, self) => {
              await lengthen(self);
              return { text: 'Looking.', calls: [{ tool: 'look' }] };
            },
            { calls: [{ tool: 'look' }] },
            { complete: 'Done.' },
          ],
        },
        tools: { look: () => ({ seen: true }) },
      });
      const handle = await world.start({ input: 'Look!', metadata: { user: 'u1' } });
      const first = await currentRun(handle);
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 3, toolCalls: 2 } });
      const second = await currentRun(handle);
      expect(second).not.toBe(first);
      const { carried, ...input } = await inputOfRun(world, handle.workflowId, second);
      expect(input).toEqual({ agent: 'main', input: 'Look!', metadata: { user: 'u1' } });
      const call = { type: 'tool-call', toolCallId: 's1.1', toolName: 'look', input: {} };
      const result = { toolCallId: 's1.1', toolName: 'look', output: { type: 'json', value: { seen: true } } };
      expect(carried?.conversation).toEqual({
        type: 'messages',
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Look!' }] },
          { role: 'assistant', content: [{ type: 'text', text: 'Looking.' }, call] },
        ],
      });
      // The second run's first call is sent what is new in full: the results of the first run are not in its history.
      expect(nth(world.asked.model, 1).delta).toEqual([
        { type: 'message', message: { role: 'tool', content: [{ type: 'tool-result', ...result }] } },
      ]);
      expect(toldOf(nth(world.asked.model, 2).delta)).toEqual({ 's2.1': 'activity s2.1' });
      expect(world.asked.resolved).toHaveLength(1);
      const [one, two] = world.asked.tools.map(({ idempotencyKey }) => idempotencyKey);
      expect([one, two]).toEqual([`${first}:s1.1`, `${first}:s2.1`]);
    });

    it('refers to a conversation and to results that are large', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ tool: 'bulk' }] }, { calls: [{ tool: 'bulk' }, { tool: 'bulk' }] }, { complete: 'Done.' }],
        },
        tools: { bulk: () => 'x'.repeat(1_450_000) },
      });
      const handle = await world.start({ input: 'y'.repeat(10_000) });
      const first = await currentRun(handle);
      await handle.result();
      const second = await currentRun(handle);
      const { carried, input } = await inputOfRun(world, handle.workflowId, second);
      expect(input).toBe('');
      expect(carried?.conversation).toEqual({ type: 'run', workflowId: handle.workflowId, runId: first });
      const item = { type: 'tool', toolName: 'bulk', runId: first };
      expect(nth(world.asked.model, 2).delta).toEqual([
        { ...item, activityId: 's2.1', toolCallId: 's2.1' },
        { ...item, activityId: 's2.2', toolCallId: 's2.2' },
      ]);
    });

    it('takes open waits of all kinds along, with what was said and done', async () => {
      const world = await create({
        scripts: {
          main: [
            {
              calls: [
                { ask: 'Which?' },
                { tool: 'pay', input: { n: 2 } },
                { tool: 'book', input: { n: 3 }, approval: 'Book?' },
                { tool: 'book', input: { n: 4 } },
              ],
            },
          ],
        },
        tools: { pay: () => pending, book: () => 'booked' },
        toolRecords: { pay: { completion: 'async' }, book: { compensates: true } },
      });
      const handle = await world.start({ metadata: { user: 'u1' } });
      const open = await world.waitFor(handle, 3);
      const first = await currentRun(handle);
      await until(async () => (world.asked.tools.length === 2 ? true : undefined));
      const second = await handOver(handle);
      expect(await world.waitFor(handle, 3)).toEqual(open);
      const memo = (await handle.describe()).memo ?? {};
      expect(Object.keys(memo).toSorted()).toEqual(open.map(({ id }) => `perdure.wait.${id}`).toSorted());
      await handle.signal('steer', 'Hurry.');
      const third = await handOver(handle);
      expect(new Set([first, second, third]).size).toBe(3);
      await world.answer(handle, { kind: 'input', outcome: text('that one') });
      await world.answer(handle, { kind: 'approval', outcome: approved });
      await world.answer(handle, { kind: 'tool', outcome: text('paid') });
      await expect(handle.result()).rejects.toMatchObject({ cause: { message: 'No turn 2 of main.' } });
      const { delta } = nth(world.asked.model, 1);
      expect(toldOf(delta)).toEqual({
        's1.1': { type: 'text', value: 'that one' },
        's1.2': { type: 'text', value: 'paid' },
        's1.3': 'activity s1.3',
        's1.4': { type: 'text', value: 'booked' },
      });
      expect(Object.keys(toldOf(delta))).toEqual(['s1.1', 's1.2', 's1.3', 's1.4']);
      expect(saidOf(delta)).toEqual(['Hurry.']);
      expect(world.asked.tools.map((call) => inputOf(call).n)).toEqual([2, 4, 3]);
      expect(new Set(world.asked.tools.map((call) => call.idempotencyKey.split(':')[0]))).toEqual(new Set([first]));
      expect(world.asked.undone.map((call) => inputOf(call).n)).toEqual([3, 4]);
      expect(Object.keys((await handle.describe()).memo ?? {})).toEqual([]);
    });

    it('lets waits expire when they would have expired', async () => {
      const world = await create({ scripts: { main: [{ calls: [{ ask: 'Which?' }] }, { complete: 'Done.' }] } });
      const started = await world.env.currentTimeMs();
      const handle = await world.start({});
      await world.waitFor(handle);
      await world.env.sleep('30 min');
      await handOver(handle);
      await handle.result();
      const passed = (await world.env.currentTimeMs()) - started;
      expect(passed).toBeGreaterThanOrEqual(3_600_000);
      expect(passed).toBeLessThan(1.4 * 3_600_000);
    });

    it('keeps its question about a limit, and what users said too early', async () => {
      const world = await create({
        scripts: {
          main: [{ text: 'Hm.', calls: [{ tool: 'look' }] }, { calls: [{ ask: 'Which?' }] }, { complete: 'Done.' }],
        },
        tools: { look: () => 'seen' },
        definitions: { main: { limits: { steps: 1, depth: 0 }, onLimit: 'ask' } },
      });
      const handle = await world.start({});
      const asked = await world.waitFor(handle);
      await handle.signal('userInput', 'early');
      await handOver(handle);
      expect(await world.waitFor(handle)).toEqual(asked);
      await world.answer(handle, { kind: 'approval', outcome: approved });
      const again = await until(async () => {
        const [wait] = await world.waitFor(handle);
        return wait?.id === 'limit2' ? wait : undefined;
      });
      expect(again.message).toContain('2 steps');
      expect(toldOf(nth(world.asked.model, 1).delta)).toMatchObject({ 's1.1': { type: 'text', value: 'seen' } });
      await world.answer(handle, { kind: 'approval', outcome: approved });
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 3 } });
      expect(toldOf(nth(world.asked.model, 2).delta)).toEqual({ 's2.1': { type: 'text', value: 'early' } });
    });

    it('does not list again what is over', async () => {
      const world = await create({
        scripts: {
          main: [
            { calls: [{ ask: 'Which?' }] },
            async (_, self) => {
              await lengthen(self);
              return { calls: [{ tool: 'look' }] };
            },
            { complete: 'Done.' },
          ],
        },
        tools: { look: () => 'seen' },
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      const first = await currentRun(handle);
      await world.answer(handle, { kind: 'input', outcome: text('that one') });
      await handle.result();
      expect(await currentRun(handle)).not.toBe(first);
      expect((await handle.describe()).memo).toEqual({ 'perdure.agent': 'main' });
    });

    it('makes the calls that a person was asked about', async () => {
      const world = await create({
        scripts: { main: [{ calls: [{ tool: 'look' }, { tool: 'look' }] }, { complete: 'Done.' }] },
        tools: { look: () => 'seen' },
        definitions: { main: { limits: { steps: 50, depth: 0, toolCalls: 1 }, onLimit: 'ask' } },
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      await lengthen(handle);
      for (let count = 0; count < 3; count += 1) {
        await handle.signal('asyncToolCompleted', 'anything');
        await world.waitFor(handle);
      }
      await world.answer(handle, { kind: 'approval', outcome: approved });
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 2, toolCalls: 2 } });
      expect(Object.keys(toldOf(nth(world.asked.model, 1).delta))).toEqual(['s1.1', 's1.2']);
    });

    it('hears of its sub-agents’ ends and waits in the next run', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }, { agent: 'bad' }] }, { complete: 'Done.' }],
          leaf: [{ calls: [{ ask: 'A?' }] }, { calls: [{ ask: 'B?' }] }, { complete: { leaf: 1 } }],
          bad: [{ calls: [{ ask: 'C?' }] }],
        },
      });
      const handle = await world.start({});
      await world.waitFor(handle, 2);
      await handOver(handle);
      const answer = (waitId: string) => world.answer(handle, { waitId, kind: 'input', outcome: text(waitId) });
      await answer('s1.1/s1.1');
      await until(async () => (await world.waitFor(handle)).find(({ id }) => id === 's1.1/s2.1'));
      await handOver(handle);
      await answer('s1.1/s2.1');
      await answer('s1.2/s1.1');
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', spent: { steps: 6, toolCalls: 2 } });
      const delta = world.asked.model.findLast(({ agent }) => agent === 'main')?.delta ?? [];
      expect(toldOf(delta)).toEqual({
        's1.1': { type: 'json', value: { leaf: 1 } },
        's1.2': { type: 'error', value: 'No turn 2 of bad.' },
      });
      expect(world.asked.checked).toEqual([]);
    });

    it('finds out when a sub-agent died without a word', async () => {
      let looked = 0;
      const world = await create({
        scripts: { main: [{ calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }], leaf: [{ calls: [{ ask: 'A?' }] }] },
        checkChild: async () => {
          looked += 1;
          if (looked === 1) throw new Error('no connection');
          return looked < 4 ? null : { type: 'failed', message: 'It was terminated.' };
        },
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      await handOver(handle);
      await world.env.client.workflow.getHandle(`${handle.workflowId}/s1.1.leaf`).terminate('gone');
      await handle.result();
      expect(new Set(world.asked.checked)).toEqual(new Set([`${handle.workflowId}/s1.1.leaf`]));
      const delta = world.asked.model.findLast(({ agent }) => agent === 'main')?.delta ?? [];
      expect(toldOf(delta)).toEqual({ 's1.1': { type: 'error', value: 'It was terminated.' } });
      expect(Object.keys((await handle.describe()).memo ?? {})).toEqual([]);
    });

    it('continues sub-agents as new, too', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }],
          leaf: [{ calls: [{ ask: 'A?' }] }, { complete: 'leaf' }],
        },
      });
      const handle = await world.start({});
      const [wait] = await world.waitFor(handle);
      const leaf = world.env.client.workflow.getHandle(`${handle.workflowId}/s1.1.leaf`) as unknown as AgentHandle;
      await handOver(leaf);
      expect(await world.waitFor(handle)).toEqual([wait]);
      await handle.signal('userInput', 'go on');
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.' });
    });

    it('cancels sub-agents that an earlier run has started, and undoes what that run did', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ tool: 'book', input: { n: 1 } }] }, { calls: [{ agent: 'leaf' }] }],
          leaf: [{ calls: [{ tool: 'book', input: { n: 2 } }] }, { calls: [{ ask: 'A?' }] }],
        },
        tools: { book: () => 'booked' },
        toolRecords: { book: { compensates: true } },
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      await handOver(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      expect(world.asked.undone.map((call) => inputOf(call).n)).toEqual([2, 1]);
      const leaf = await world.env.client.workflow.getHandle(`${handle.workflowId}/s2.1.leaf`).describe();
      expect(leaf.status.name).toBe('CANCELLED');
    });
  },
);
