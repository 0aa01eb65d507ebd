import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { pending, whatOf, type FakeWorld } from './fakes.ts';
import { nth, toldOf, until, useWorlds, type AgentHandle } from './world.ts';

const text = (value: string) => ({ type: 'value', value }) as const;

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'pieces in an author’s own workflow, $maxCachedWorkflows runs cached',
  (options) => {
    const create = useWorlds(options);
    const book = (more: Partial<FakeWorld> = {}): FakeWorld => ({
      scripts: {},
      tools: { book: (input) => `booked ${JSON.stringify(whatOf(input))}` },
      ...more,
    });

    it('callTool calls a tool as it was when it was called first', async () => {
      const world = await create(book());
      const handle = await world.startWorkflow('callsTools', [3]);
      await expect(handle.result()).resolves.toEqual(['booked "n0"', 'booked "n1"', 'booked "n2"']);
      expect(world.asked.tools.map(({ toolCallId }) => toolCallId).toSorted()).toEqual(['t1', 't2', 't3']);
      expect(nth(world.asked.tools, 0)).toMatchObject({
        caller: { agent: 'callsTools', rootWorkflowId: handle.workflowId },
      });
      const events = (await handle.fetchHistory()).events ?? [];
      const resolved = events.filter(
        (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'agent.resolveTool',
      );
      expect(resolved).toHaveLength(1);
      expect(await handle.query('spent')).toMatchObject({ toolCalls: 3 });
    });

    it('callTool fails with the type that the tool has given', async () => {
      const declined = () => {
        throw ApplicationFailure.nonRetryable('No money.', 'CardDeclined');
      };
      const odd = () => ({ type: 'completed', output: { type: 'error', value: 'odd' } }) as const;
      const world = await create(book({ tools: { book: declined } }));
      await expect((await world.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('CardDeclined');
      const other = await create(book({ tools: { book: odd } }));
      await expect((await other.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('ToolFailed');
      const none = await create({ scripts: {} });
      await expect((await none.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('ToolUnknown');
      const late = await create(book({ tools: { book: () => pending } }));
      await expect((await late.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('ToolFailed');
    });

    it('callTool asks a person where one has to decide', async () => {
      const world = await create(book({ needsApproval: () => ({ message: 'Really?' }) }));
      for (const [approved, result] of [
        [true, 'booked "x"'],
        [false, 'Rejected'],
      ] as const) {
        const handle = await world.startWorkflow('callsTool', ['x']);
        const [wait] = await world.waitFor(handle);
        expect(wait).toMatchObject({ id: 't1', kind: 'approval', message: 'Really?', call: { input: { what: 'x' } } });
        await world.answer(handle, { kind: 'approval', outcome: { type: 'value', value: { approved } } });
        await expect(handle.result()).resolves.toBe(result);
      }
      const nobody = await world.startWorkflow('callsTool', ['x']);
      await expect(nobody.result()).resolves.toBe('Rejected');
      expect(world.asked.tools).toHaveLength(1);
    });

    it('callTool fails in its own words when nobody can say whether a person has to decide', async () => {
      const needsApproval = () => {
        throw ApplicationFailure.nonRetryable('Changed.', 'ToolChanged');
      };
      const world = await create(book({ needsApproval }));
      await expect((await world.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('ToolChanged');
    });

    it('callTool that is cancelled while it looks the tool up is cancelled', async () => {
      const world = await create(book());
      await expect((await world.startWorkflow('cancelsCall', [])).result()).resolves.toBe('cancelled');
    });

    it('waitFor refuses an id that is in use', async () => {
      const world = await create({ scripts: {} });
      await expect((await world.startWorkflow('waitsTwice', [])).result()).resolves.toEqual(['InvalidInput', 'first']);
    });

    it('callTool awaits results that come later', async () => {
      const world = await create(
        book({ tools: { book: () => pending }, toolRecords: { book: { completion: 'async' } } }),
      );
      const handle = await world.startWorkflow('callsTool', ['x']);
      await world.waitFor(handle);
      await handle.signal('asyncToolCompleted', { outcome: text('booked later') });
      await expect(handle.result()).resolves.toBe('booked later');
      await expect((await world.startWorkflow('callsTool', ['x'])).result()).resolves.toBe('WaitExpired');
    });

    it('askUser asks, checks, and does without an answer when there is a default', async () => {
      const world = await create({ scripts: {} });
      const handle = (await world.startWorkflow('asksTwice', [])) as unknown as AgentHandle;
      const [wait] = await world.waitFor(handle);
      expect(wait).toMatchObject({ id: 'ask1', kind: 'input', agent: 'asksTwice' });
      const short = world.answer(handle, { kind: 'input', outcome: text('x') });
      await expect(short).rejects.toBeInstanceOf(WorkflowUpdateFailedError);
      await handle.signal('userInput', 'y'); // ignored: too short
      await handle.signal('userInput', 'Ada');
      await expect(handle.result()).resolves.toEqual(['Ada', 'blue']);
      const inVain = await world.startWorkflow('asksInVain', []);
      await expect(inVain.result()).rejects.toMatchObject({ cause: { type: 'WaitExpired' } });
    });

    it('waitFor does as it was told when nobody answers', async () => {
      const world = await create({ scripts: {} });
      await expect((await world.startWorkflow('waitsOrGivesUp', [])).result()).resolves.toBe('no news');
      const handle = await world.startWorkflow('waitsOrGivesUp', []);
      await world.waitFor(handle);
      await world.answer(handle, { waitId: 'news', kind: 'event', outcome: text('good news') });
      await expect(handle.result()).resolves.toBe('good news');
    });

    it('saga undoes the latest first, whatever else there was to undo, once', async () => {
      const world = await create({
        scripts: {},
        tools: {
          book: () => 'booked',
          note: () => 'noted',
          fails: () => {
            throw ApplicationFailure.nonRetryable('No car.', 'NoCar');
          },
        },
        toolRecords: { book: { compensates: true }, fails: { compensates: true } },
      });
      await expect((await world.startWorkflow('books', [true])).result()).resolves.toBe('NoCar');
      expect(world.asked.undone.map(whatOf)).toEqual(['hotel', 'flight']);
      expect(world.asked.tools.at(-1)?.tool).toBe('note');
      const handle = await world.startWorkflow('books', [false]);
      await until(async () => (world.asked.tools.length >= 6 ? true : undefined));
      await handle.cancel();
      await expect(handle.result()).resolves.toBe('cancelled');
      expect(world.asked.undone).toHaveLength(4);
    });

    it('runAgent runs an agent below, whose waits show up here', async () => {
      const world = await create(
        book({ scripts: { support: [{ calls: [{ ask: 'Which?' }] }, { complete: 'order 7' }] } }),
      );
      const handle = (await world.startWorkflow('runsAgent', ['Hello'])) as unknown as AgentHandle;
      const [wait] = await world.waitFor(handle);
      expect(wait).toMatchObject({ id: 'a1/s1.1', agent: 'support', workflowId: `${handle.workflowId}/a1.support` });
      await handle.signal('userInput', 'the red one');
      await expect(handle.result()).resolves.toEqual(['order 7', 'complete', 2, 'booked "order 7"']);
      expect(toldOf(nth(world.asked.model, 1).delta)).toEqual({ 's1.1': { type: 'text', value: 'the red one' } });
      expect(await handle.query('spent')).toMatchObject({ steps: 2, toolCalls: 1 });
      expect(Object.keys((await handle.describe()).memo ?? {})).toEqual([]);
    });

    it('startAgent steers and cancels', async () => {
      const world = await create({ scripts: { support: [{ calls: [{ ask: 'Which?' }] }] } });
      const handle = await world.startWorkflow('steersAgent', []);
      await expect(handle.result()).resolves.toEqual([
        `${handle.workflowId}/helper.support`,
        true,
        true,
        'ChildWorkflowFailure',
        false,
      ]);
    });

    it('startAgent with ABANDON leaves an agent that is on its own', async () => {
      const world = await create({ scripts: { support: [{ calls: [{ ask: 'Which?' }] }, { complete: 'alone' }] } });
      const workflowId = (await (await world.startWorkflow('leavesAgent', [])).result()) as string;
      const agent = world.env.client.workflow.getHandle(workflowId) as unknown as AgentHandle;
      const [wait] = await world.waitFor(agent);
      expect(wait).toMatchObject({ id: 's1.1', workflowId });
      await world.answer(agent, { kind: 'input', outcome: text('this') });
      await expect(agent.result()).resolves.toMatchObject({ output: 'alone' });
    });

    it('runAgent ends its agent in order when its scope is cancelled', async () => {
      const world = await create({
        scripts: { support: [{ calls: [{ tool: 'book', input: { what: 'x' } }] }, { calls: [{ ask: 'Which?' }] }] },
        tools: { book: () => 'booked' },
        toolRecords: { book: { compensates: true } },
      });
      const handle = await world.startWorkflow('cancelsAgent', []);
      await expect(handle.result()).resolves.toBe('cancelled');
      expect(world.asked.undone.map(whatOf)).toEqual(['x']);
    });

    it('runAgent works in each run of a chain', async () => {
      const world = await create({ scripts: { support: [{ complete: 'fine' }] } });
      const handle = await world.startWorkflow('runsAgentInEachRun', [2]);
      await expect(handle.result()).resolves.toBe('fine');
      expect(world.asked.model).toHaveLength(3);
    });

    it('askUser and callTool have other ids in each run of a chain, so that no answer fits another question', async () => {
      const world = await create(book());
      const handle = (await world.startWorkflow('asksAndBooksInEachRun', [1])) as unknown as AgentHandle;
      const [first] = await world.waitFor(handle);
      await world.answer(handle, { waitId: 'ask1', kind: 'input', outcome: text('one') });
      const second = await until(async () => {
        const [wait] = await world.waitFor(handle);
        return wait?.id === first?.id ? undefined : wait;
      });
      await world.answer(handle, { waitId: second.id, kind: 'input', outcome: text('two') });
      await expect(handle.result()).resolves.toBe('booked "two"');
      const suffix = (await handle.describe()).runId.slice(0, 8);
      expect([first?.id, second.id]).toEqual(['ask1', `ask1-${suffix}`]);
      expect(world.asked.tools.map(({ toolCallId }) => toolCallId)).toEqual(['t1', `t1-${suffix}`]);
    });
  },
);
