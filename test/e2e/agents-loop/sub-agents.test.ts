import { describe, expect, it } from 'vitest';
import { pending } from './fakes.ts';
import { inputOfRun } from './hand-over.ts';
import { nth, toldOf, until, useWorlds } from './world.ts';

const text = (value: string) => ({ type: 'value', value }) as const;

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'sub-agents, $maxCachedWorkflows runs cached',
  (options) => {
    const create = useWorlds(options);

    it('run as child workflows, and their results and spending come back', async () => {
      const world = await create({
        scripts: {
          main: [
            { calls: [{ agent: 'billing', input: { question: 'How much?' } }, { tool: 'look' }, { agent: 'billing' }] },
            { complete: 'Done.' },
          ],
          billing: [{ calls: [{ tool: 'look' }] }, { complete: { owed: 5 } }],
        },
        tools: { look: () => 'seen' },
      });
      const handle = await world.start({ metadata: { user: 'u1' }, limits: { steps: 10, tokens: 1001 } });
      await expect(handle.result()).resolves.toMatchObject({
        output: 'Done.',
        spent: { steps: 6, toolCalls: 5, inputTokens: 60 },
      });
      const { workflowId } = handle;
      const [first, second] = [`${workflowId}/s1.1.billing`, `${workflowId}/s1.3.billing`];
      const delta = world.asked.model.find(({ agent, step }) => agent === 'main' && step === 2)?.delta ?? [];
      expect(toldOf(delta)).toEqual({ 's1.1': `run ${first}`, 's1.2': 'activity s1.2', 's1.3': `run ${second}` });
      // 10 steps, one taken, one kept for the caller; 1001 tokens, 15 taken.
      expect(await inputOfRun(world, first)).toMatchObject({
        agent: 'billing',
        input: { question: 'How much?' },
        metadata: { user: 'u1' },
        limits: { steps: 4, tokens: 493, depth: 4 },
        lineage: { rootWorkflowId: workflowId, parentWorkflowId: workflowId, toolCallId: 's1.1', path: 's1.1/' },
      });
      const keys = world.asked.tools.map(({ idempotencyKey }) => idempotencyKey);
      expect(new Set(keys).size).toBe(3);
    });

    it('tell the caller’s model how they failed, and count what they spent', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'billing' }, { agent: 'nobody' }] }, { complete: 'Sorry.' }],
          billing: [{ calls: [{ tool: 'look' }] }],
        },
        tools: { look: () => 'seen' },
      });
      await expect(world.run({})).resolves.toMatchObject({ output: 'Sorry.', spent: { steps: 3, toolCalls: 3 } });
      const delta = world.asked.model.find(({ agent, step }) => agent === 'main' && step === 2)?.delta ?? [];
      expect(toldOf(delta)).toEqual({
        's1.1': { type: 'error', value: 'No turn 2 of billing.' },
        's1.2': { type: 'error', value: 'No agent nobody.' },
      });
    });

    it('tell the caller’s model when they were terminated, and their waits are gone', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'billing' }] }, { complete: 'Done.' }],
          billing: [{ calls: [{ ask: '?' }] }],
        },
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      await world.env.client.workflow.getHandle(`${handle.workflowId}/s1.1.billing`).terminate('gone');
      await handle.result();
      expect(Object.keys((await handle.describe()).memo ?? {})).toEqual([]);
      expect(toldOf(nth(world.asked.model, -1).delta)['s1.1']).toMatchObject({ type: 'error' });
    });

    it('show their waits at the root, where they are answered, at any depth', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'middle' }] }, { complete: 'Done.' }],
          middle: [{ calls: [{ agent: 'leaf' }, { tool: 'pay' }] }, { complete: 'middle' }],
          leaf: [{ calls: [{ ask: 'Which?' }, { tool: 'pay', approval: 'Pay?' }] }, { complete: 'leaf' }],
        },
        tools: { pay: () => pending },
        toolRecords: { pay: { completion: 'async' } },
      });
      const handle = await world.start({});
      const open = await world.waitFor(handle, 3);
      const { workflowId } = handle;
      const leaf = `${workflowId}/s1.1.middle/s1.1.leaf`;
      expect(open.map(({ id, kind, agent, workflowId: where }) => ({ id, kind, agent, where }))).toEqual(
        expect.arrayContaining([
          { id: 's1.1/s1.1/s1.1', kind: 'input', agent: 'leaf', where: leaf },
          { id: 's1.1/s1.1/s1.2', kind: 'approval', agent: 'leaf', where: leaf },
          { id: 's1.1/s1.2', kind: 'tool', agent: 'middle', where: `${workflowId}/s1.1.middle` },
        ]),
      );
      const memo = (await handle.describe()).memo ?? {};
      expect(memo['perdure.wait.s1.1/s1.1/s1.1']).toEqual(open.find(({ id }) => id === 's1.1/s1.1/s1.1'));
      await handle.signal('userInput', 'the second');
      await world.answer(handle, { kind: 'approval', outcome: { type: 'value', value: { approved: true } } });
      await world.answer(handle, { waitId: 's1.1/s1.2', kind: 'tool', outcome: text('paid by middle') });
      await until(async () => ((await world.waitFor(handle))[0]?.id === 's1.1/s1.1/s1.2' ? true : undefined));
      await handle.signal('asyncToolCompleted', { waitId: 's1.1/s1.1/s1.2', outcome: text('paid by leaf') });
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.' });
      const told = (agent: string) => toldOf(world.asked.model.findLast((one) => one.agent === agent)?.delta ?? []);
      expect(told('leaf')).toEqual({ 's1.1': said('the second'), 's1.2': said('paid by leaf') });
      expect(told('middle')).toEqual({ 's1.1': `run ${leaf}`, 's1.2': said('paid by middle') });
      expect(Object.keys((await handle.describe()).memo ?? {})).toEqual([]);
    });

    it('may be answered themselves, and take what a user said too early at the root', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }],
          leaf: [{ calls: [{ ask: 'A?' }] }, { calls: [{ ask: 'B?' }] }, { complete: 'leaf' }],
        },
      });
      const handle = await world.start({});
      await handle.signal('userInput', 'early');
      const leaf = world.env.client.workflow.getHandle(`${handle.workflowId}/s1.1.leaf`);
      const [wait] = await until(async () => {
        const open = await world.waitFor(handle);
        return open[0]?.id === 's1.1/s2.1' ? open : undefined;
      });
      await leaf.executeUpdate('answerWait', { args: [{ waitId: wait?.id, kind: 'input', outcome: text('direct') }] });
      await handle.result();
      const heard = world.asked.model.filter(({ agent }) => agent === 'leaf').map(({ delta }) => toldOf(delta));
      expect(heard).toEqual([{}, { 's1.1': said('early') }, { 's2.1': said('direct') }]);
    });

    it('end themselves as cancelled when their caller was terminated', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }] }],
          leaf: [{ calls: [{ ask: 'A?' }] }, { calls: [{ tool: 'look' }] }, { complete: 'never' }],
        },
        tools: { look: () => 'seen' },
        checkChild: async () => ({ type: 'failed', message: 'terminated' }),
      });
      const handle = await world.start({});
      await world.waitFor(handle);
      await handle.terminate('gone');
      const leaf = world.env.client.workflow.getHandle(`${handle.workflowId}/s1.1.leaf`);
      await expect(leaf.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      expect((await leaf.describe()).status.name).toBe('CANCELLED');
      expect(world.asked.model.filter(({ agent }) => agent === 'leaf')).toHaveLength(1);
    });

    it('notice before a step that their caller is gone, also when they tell nobody anything', async () => {
      const world = await create({
        scripts: {
          main: [{ calls: [{ agent: 'leaf' }] }],
          leaf: [
            async () => {
              await world.env.client.workflow.getHandle(root).terminate('gone');
              return { calls: [{ tool: 'flaky' }] };
            },
            { complete: 'never' },
          ],
        },
        tools: {
          flaky: () => {
            throw new Error('again, please');
          },
        },
        toolRecords: {
          flaky: {
            retry: { maximumAttempts: 2, initialInterval: 90_000, backoffCoefficient: 1, maximumInterval: 90_000 },
          },
        },
        checkChild: async () => ({ type: 'failed', message: 'terminated' }),
      });
      let root = '';
      const handle = await world.start({});
      root = handle.workflowId;
      await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'TerminatedFailure' } });
      const leaf = world.env.client.workflow.getHandle(`${root}/s1.1.leaf`);
      await expect(leaf.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
      expect(world.asked.checked).toEqual([root]);
    });
  },
);

function said(value: string): { readonly type: 'text'; readonly value: string } {
  return { type: 'text', value };
}
