import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compareEventIds } from '../../../src/client/events/ids.ts';
import type { RunEvent } from '../../../src/client/events/event.ts';
import { compareStepIds } from '../../../src/client/inspect/step-ids.ts';
import type { RunMetrics, RunTree, Step } from '../../../src/client/inspect/types.ts';
import { allEvents } from '../../client/support.ts';
import { quiet } from '../../conformance/targets/quiet.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { openPlace, targets } from './place.ts';

const TIMEOUT = 300_000;

/** What a run looks like from outside. */
interface Look {
  readonly events: readonly RunEvent[];
  readonly steps: readonly Step[];
  readonly metrics: RunMetrics;
  readonly tree: RunTree;
  /** Types of the events of its history. */
  readonly history: readonly unknown[];
  /** Lists, by its id and by what its id begins with. */
  readonly listed: readonly string[];
  readonly unknownQuery: unknown;
}

interface Looks {
  readonly agent: Look;
  readonly workflow: Look;
}

const ids = { agent: `agent-${randomUUID()}`, workflow: `workflow-${randomUUID()}` };
const prices = { large: { input: 2, output: 10, cachedInput: 1 } };

/** Runs one agent and one workflow of an author, answers for them, and looks at them when they have ended. */
async function lookOn(config: NonNullable<(typeof targets)[number]['config']>): Promise<Looks> {
  quiet();
  const { perdure, taskQueue, close } = await openPlace(config(temporaryDirectory()));
  try {
    const agent = await perdure.start('support', { input: 'My order 7 is lost.', id: ids.agent });
    for await (const event of agent.events()) {
      if (event.type === 'approval_requested') await agent.approve();
      if (event.type === 'tool_awaited') await agent.completeTool({ result: { refunded: 9 } });
      if (event.type === 'input_requested') await agent.reply('No.');
    }
    await perdure.client.workflow.start('inspected', { taskQueue, workflowId: ids.workflow, args: ['rope'] });
    const workflow = perdure.run(ids.workflow);
    for await (const event of workflow.events()) {
      if (event.type === 'input_requested') await workflow.reply('Bo');
    }
    const lookAt = async (id: string): Promise<Look> => {
      const run = perdure.run(id);
      const metrics = await run.metrics({ prices, includeSubAgents: true });
      const history: unknown[] = [];
      for await (const { events } of run.history()) history.push(...events.map(({ eventType }) => eventType));
      // Lists may lag behind.
      await expect.poll(() => perdure.listRuns({ idPrefix: id })).toMatchObject({ runs: [{ status: 'completed' }] });
      return {
        events: await allEvents(run),
        steps: await run.steps(),
        metrics,
        tree: await run.tree(),
        history,
        listed: (await perdure.listRuns({ idPrefix: id })).runs.map((found) => `${found.agent} ${found.id}`),
        unknownQuery: await run.query('mood').catch((error: unknown) => error),
      };
    };
    return { agent: await lookAt(ids.agent), workflow: await lookAt(ids.workflow) };
  } finally {
    await close();
  }
}

/**
 * Without times, and without what engines call runs. What a child tells may reach its parent in one workflow task or in several, as it happens: from then on
 * the ids of history's events say nothing.
 */
function comparable({ agent, workflow }: Looks): unknown {
  const parts = [agent, workflow].map((look) => ({
    ...look,
    // The workflow has a child before its first question.
    events: withoutLateIds(look.events, ({ type }) => type === (look === agent ? 'agent_called' : 'run_started')),
    steps: withoutLateIds(look.steps, ({ kind }) => kind === 'agent' || kind === 'workflow'),
    history: look.history.filter((type) => !String(type).includes('WORKFLOW_TASK')),
  }));
  return JSON.parse(
    JSON.stringify(parts, (key, member: unknown) => {
      if (['durationMs', 'totalDuration', 'activeDuration', 'taskQueue', 'historyLength'].includes(key)) return key;
      if (key === 'id' && typeof member === 'string') return member.replace(/^(\d+\.\d+\.\d+)\.[\w-]+$/, '$1');
      return typeof member === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(member) ? 'a time' : member;
    }),
  );
}

/** The items, those after the first that is so without ids. */
function withoutLateIds<Item extends { readonly id: string }>(
  items: readonly Item[],
  isSo: (item: Item) => boolean,
): readonly object[] {
  const at = items.findIndex(isSo);
  return items.map((item, index) => (index > at ? { ...item, id: 'late' } : item));
}

function summary({ kind, name, status, attempts }: Step): string {
  return `${kind} ${name} ${status} ${attempts}`;
}

describe('what a run did', () => {
  const there = targets.flatMap(({ name, config }) => (config === undefined ? [] : [{ name, config }]));
  const looks = new Map<string, Promise<Looks>>();
  const on = (name: string): Promise<Looks> => {
    const config = there.find((target) => target.name === name)?.config;
    if (config === undefined) throw new Error(`there is no ${name}`);
    if (!looks.has(name)) looks.set(name, lookOn(config));
    return looks.get(name) as Promise<Looks>;
  };

  it(
    'is told in steps',
    async () => {
      const { agent, workflow } = await on('memory');
      expect(agent.steps.map(summary)).toEqual([
        'model perdure.testing/large completed 1',
        'tool lookup completed 2',
        'model perdure.testing/large completed 1',
        'tool breaks failed 2',
        'model perdure.testing/large completed 1',
        'wait approval completed 1',
        'tool refund completed 1',
        'wait tool completed 1',
        'model perdure.testing/large completed 1',
        'wait input completed 1',
        'model perdure.testing/large completed 1',
        'agent billing completed 1',
        'model perdure.testing/large completed 1',
      ]);
      const named = (name: string): Step | undefined => agent.steps.find((step) => step.name === name);
      const call = { agent: 'support', toolCallId: 's1.1', input: { id: '7' }, output: { id: '7', state: 'lost' } };
      expect(named('lookup')).toMatchObject(call);
      expect(named('breaks')).toMatchObject({ error: { type: 'ToolFailed', message: 'It broke.' } });
      expect(named('refund')).toMatchObject({ output: { refunded: 9 } });
      expect(named('approval')).toMatchObject({ toolCallId: 's3.1', waitId: 's3.1', output: { approved: true } });
      expect(named('input')).toMatchObject({ input: { message: 'Anything else?' }, output: 'No.' });
      expect(named('billing')).toMatchObject({
        workflowId: `${ids.agent}/s5.1.billing`,
        input: { message: 'Was 7 paid?' },
        output: 'It was paid.',
        usage: { inputTokens: 1000, outputTokens: 100 },
      });
      expect(agent.steps[0]).toMatchObject({ model: 'large', usage: { inputTokens: 1000, cachedInputTokens: 400 } });

      expect(workflow.steps.map(summary)).toEqual([
        'activity measure completed 2',
        'activity breaks failed 1',
        'timer 1 completed 1',
        'workflow halved completed 1',
        'wait input completed 1',
        'timer wait ask1 cancelled 1',
      ]);
      expect(workflow.steps[0]).toMatchObject({ input: ['rope', 2], output: { thing: 'rope', length: 8 } });
      expect(workflow.steps[1]).toMatchObject({ error: { type: 'Broken', message: 'It broke.' } });
      expect(workflow.steps[2]).toMatchObject({ input: 20 });
      expect(workflow.steps[3]).toMatchObject({ workflowId: `${ids.workflow}-half`, input: [8, 'half'], output: 4 });
    },
    TIMEOUT,
  );

  it(
    'is counted and priced',
    async () => {
      const { agent, workflow } = await on('memory');
      const { totalDuration, activeDuration, cost, ...counts } = agent.metrics;
      const usage = { inputTokens: 1000, outputTokens: 100, cachedInputTokens: 400, reasoningTokens: 0 };
      expect(counts).toEqual({
        status: 'completed',
        stepCount: 14,
        llmCallCount: 7,
        toolCallCount: 3,
        agentCallCount: 1,
        tokens: { inputTokens: 7000, outputTokens: 700, cachedInputTokens: 2800, reasoningTokens: 0 },
        subAgents: { ...usage, steps: 1, toolCalls: 0 },
      });
      expect(cost).toMatchObject({ currency: 'USD', unpriced: ['perdure.testing/small'] });
      expect(cost?.amount).toBeCloseTo((6 * (600 * 2 + 400 * 1 + 100 * 10)) / 1_000_000, 10);
      expect(activeDuration).toBeGreaterThan(0);
      expect(activeDuration).toBeLessThanOrEqual(totalDuration);
      expect(workflow.metrics).toMatchObject({ llmCallCount: 0, cost: { amount: 0, unpriced: [] } });
    },
    TIMEOUT,
  );

  it(
    'is listed, and not what it has started',
    async () => {
      const { agent, workflow } = await on('memory');
      expect(agent.listed).toEqual([`support ${ids.agent}`]);
      expect(workflow.listed).toEqual([`inspected ${ids.workflow}`]);
      expect(agent.unknownQuery).toMatchObject({ code: 'QUERY_UNKNOWN', known: expect.arrayContaining(['pending']) });
      expect(agent.history[0]).toBe('EVENT_TYPE_WORKFLOW_EXECUTION_STARTED');
    },
    TIMEOUT,
  );

  it(
    'is shown as a tree',
    async () => {
      const { agent, workflow } = await on('memory');
      expect(agent.tree).toMatchObject({
        run: { id: ids.agent, agent: 'support', status: 'completed' },
        children: [{ run: { id: `${ids.agent}/s5.1.billing`, agent: 'billing', status: 'completed' }, children: [] }],
      });
      expect(workflow.tree).toMatchObject({
        run: { id: ids.workflow, agent: 'inspected' },
        children: [{ run: { id: `${ids.workflow}-half`, agent: 'halved', status: 'completed' }, children: [] }],
      });
    },
    TIMEOUT,
  );

  it.each(there.slice(1).map(({ name }) => name))(
    'is the same on %s',
    async (name) => {
      const [here, memory] = [await on(name), await on('memory')];
      expect(comparable(here)).toEqual(comparable(memory));
    },
    TIMEOUT,
  );

  it.each(there.map(({ name }) => name))(
    'has ids that grow, on %s',
    async (name) => {
      for (const { events, steps } of Object.values(await on(name)) as Look[]) {
        const eventIds = events.map(({ id }) => id);
        expect(eventIds.toSorted(compareEventIds)).toEqual(eventIds);
        expect(new Set(eventIds).size).toBe(eventIds.length);
        const stepIds = steps.map(({ id }) => id);
        expect(stepIds.toSorted(compareStepIds)).toEqual(stepIds);
        expect(new Set(stepIds).size).toBe(stepIds.length);
      }
    },
    TIMEOUT,
  );
});
