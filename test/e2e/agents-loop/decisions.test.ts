import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { inputOf } from './fakes.ts';
import { nth, saidOf, toldOf, useWorlds, type AgentHandle } from './world.ts';

const HOUR = 3_600_000;

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'the loop, $maxCachedWorkflows runs cached',
  (options) => {
    const create = useWorlds(options);

    it('completes with text or a value, and sends the model nothing at first', async () => {
      const world = await create({ scripts: { main: [{ complete: { total: 7 } }] } });
      const result = await world.run({ metadata: { user: 'u1' } });
      expect(result).toEqual({
        output: { total: 7 },
        finish: 'complete',
        spent: { steps: 1, toolCalls: 0, inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 },
      });
      expect(world.asked.model).toEqual([
        { step: 1, agent: 'main', definitionHash: 'hash-of-main', delta: [], metadata: { user: 'u1' } },
      ]);
    });

    it('calls tools at the same time and tells of them in the order of the calls', async () => {
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const world = await create({
        scripts: {
          main: [
            { calls: [{ tool: 'slow', input: { n: 1 } }, { tool: 'quick', input: { n: 2 } }, { tool: 'quick' }] },
            { complete: 'Done.' },
          ],
        },
        tools: {
          slow: () => released.then(() => 'slow'),
          quick: (input) => (input.toolCallId === 's1.3' && release(), 'q'),
        },
      });
      const result = await world.run({ metadata: { user: 'u1' } });
      expect(result).toMatchObject({ output: 'Done.', spent: { toolCalls: 3 } });
      expect(nth(world.asked.model, 1).delta.map((item) => item.type === 'tool' && item.toolCallId)).toEqual([
        's1.1',
        's1.2',
        's1.3',
      ]);
      expect(toldOf(nth(world.asked.model, 1).delta)['s1.2']).toBe('activity s1.2');
      const [slow] = world.asked.tools.filter(({ tool }) => tool === 'slow');
      expect(slow).toMatchObject({
        toolHash: 'hash-of-slow',
        toolCallId: 's1.1',
        input: { n: 1 },
        idempotencyKey: expect.stringMatching(/^[0-9a-f-]{36}:s1\.1$/),
        caller: { agent: 'main', metadata: { user: 'u1' } },
      });
    });

    it('tells the model of tools that fail, are unknown or are refused', async () => {
      const world = await create({
        scripts: {
          main: [
            {
              calls: [
                { tool: 'fails' },
                { tool: 'nowhere' },
                { tool: 'odd', refuse: 'Its arguments are no JSON.' },
                { tool: 'long' },
              ],
            },
            { complete: 'Sorry.' },
          ],
        },
        tools: {
          fails: () => {
            throw ApplicationFailure.nonRetryable('No such order.', 'ToolFailed');
          },
          long: () => {
            throw ApplicationFailure.nonRetryable('x'.repeat(50_000), 'ToolFailed');
          },
        },
      });
      await expect(world.run({})).resolves.toMatchObject({ output: 'Sorry.' });
      const told = toldOf(nth(world.asked.model, 1).delta);
      expect(told).toMatchObject({
        's1.1': { type: 'error', value: 'No such order.' },
        's1.2': { type: 'error', value: 'There is no tool nowhere.' },
        's1.3': { type: 'error', value: 'Its arguments are no JSON.' },
      });
      expect(JSON.stringify(told['s1.4']).length).toBeLessThan(2100);
    });

    it('tries a tool again as its definition says, with the same key', async () => {
      const world = await create({
        scripts: { main: [{ calls: [{ tool: 'flaky' }] }, { complete: 'Done.' }] },
        tools: {
          flaky: () => {
            if (world.asked.tools.length < 3) throw new Error('not yet');
            return 'ok';
          },
        },
      });
      await world.run({});
      expect(new Set(world.asked.tools.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
      expect(world.asked.tools).toHaveLength(3);
      expect(toldOf(nth(world.asked.model, 1).delta)).toEqual({ 's1.1': 'activity s1.1' });
    });

    it('lets the model try again after a message that is of no use', async () => {
      const world = await create({ scripts: { main: [{ refuseMessage: 'It is empty.' }, { complete: 'Now.' }] } });
      await expect(world.run({})).resolves.toMatchObject({ output: 'Now.', spent: { steps: 2 } });
      expect(saidOf(nth(world.asked.model, 1).delta)).toEqual(['It is empty.']);
    });

    it('makes a call only when a person has approved it', async () => {
      const world = await create({
        scripts: {
          main: [
            {
              calls: [
                { tool: 'refund', input: { amount: 5 }, approval: 'Refund 5?' },
                { tool: 'refund', input: { amount: 6 }, approval: 'Refund 6?' },
                { tool: 'refund', input: { amount: 7 }, approval: 'Refund 7?' },
              ],
            },
            { complete: 'Done.' },
          ],
        },
        tools: { refund: (input) => `refunded ${String(inputOf(input).amount)}` },
      });
      const handle = await world.start({});
      const open = await world.waitFor(handle, 3);
      expect(open[0]).toMatchObject({
        id: 's1.1',
        kind: 'approval',
        agent: 'main',
        message: 'Refund 5?',
        workflowId: handle.workflowId,
        call: { toolCallId: 's1.1', toolName: 'refund', input: { amount: 5 } },
      });
      const no = { approved: false, reason: 'Too much.' };
      await world.answer(handle, { waitId: 's1.2', kind: 'approval', outcome: { type: 'value', value: no } });
      await world.answer(handle, {
        waitId: 's1.1',
        kind: 'approval',
        outcome: { type: 'value', value: { approved: true } },
      });
      const started = await world.env.currentTimeMs();
      await handle.result();
      expect((await world.env.currentTimeMs()) - started).toBeGreaterThan(23 * HOUR);
      expect(world.asked.tools.map((call) => inputOf(call).amount)).toEqual([5]);
      expect(toldOf(nth(world.asked.model, 1).delta)).toEqual({
        's1.1': 'activity s1.1',
        's1.2': { type: 'error', value: 'Rejected by a person: Too much.' },
        's1.3': { type: 'error', value: 'Rejected: nobody has approved this call in time.' },
      });
    });

    it('tells the model what it was steered with before its next step, also when it was about to complete', async () => {
      let handle: AgentHandle | undefined;
      const world = await create({
        scripts: {
          main: [
            async () => {
              await handle?.signal('steer', 'In English, please.');
              return { calls: [{ tool: 'look' }] };
            },
            async () => {
              await handle?.signal('steer', [{ type: 'text', text: 'And short.' }]);
              return { complete: 'Too long.' };
            },
            { complete: 'Short.' },
          ],
        },
        tools: { look: () => 'seen' },
      });
      handle = await world.start({});
      await expect(handle.result()).resolves.toMatchObject({ output: 'Short.' });
      expect(nth(world.asked.model, 1).delta.map(({ type }) => type)).toEqual(['tool', 'message']);
      expect(world.asked.model.map(({ delta }) => saidOf(delta))).toEqual([
        [],
        ['In English, please.'],
        ['And short.'],
      ]);
    });

    it('fails as the activity behind it says', async () => {
      const world = await create({ scripts: { main: [] } });
      const unknown = await world.start({ agent: 'nobody' });
      await expect(unknown.result()).rejects.toMatchObject({ cause: { type: 'AgentUnknown', nonRetryable: true } });
      const broken = await world.start({});
      await expect(broken.result()).rejects.toMatchObject({
        cause: { type: 'ModelFailed', message: 'No turn 1 of main.' },
      });
    });
  },
);
