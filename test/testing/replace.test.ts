import { describe, expect, it } from 'vitest';
import type { AnyAgent, AnyTool } from '../../src/agent/types.ts';
import { replaceIn } from '../../testing/agents/replace.ts';
import { fakeTool, scriptedModel } from 'perdure/testing';
import { billing, lookupOrder, refund, support } from '../e2e/testing/agents/agents.ts';

const model = scriptedModel([]);

describe('replacing', () => {
  it('keeps agents that two others share one', () => {
    const other: AnyAgent = { ...support, name: 'other' };
    const [first, second] = replaceIn([support, other], { model });
    expect(first?.agents[0]).toBe(second?.agents[0]);
    expect(first?.agents[0]?.name).toBe('billing');
  });

  it('keeps a tool source that two agents share one', () => {
    const source = { kind: 'tool-source' as const, name: 'mcp', open: () => Promise.reject(new Error('unreachable')) };
    const agents = ['one', 'other'].map((name) => ({ ...billing, name, tools: [source] }));
    const [first, second] = replaceIn(agents, { model });
    expect(first?.tools[0]).toBe(second?.tools[0]);
  });

  it('gives each agent its model', () => {
    const own = scriptedModel([], { id: 'own' });
    const [agent] = replaceIn([support], { model, models: { billing: own } });
    expect([agent?.model, agent?.agents[0]?.model]).toEqual([model, own]);
    const [asIs] = replaceIn([{ ...billing, model: own }], {});
    expect(asIs?.model).toBe(own);
  });

  it('finds tools of a tool source when it is open', async () => {
    const fake = fakeTool(refund, 'refunded');
    let closed = false;
    const source = {
      kind: 'tool-source' as const,
      name: 'mcp',
      open: async () => ({
        tools: [refund, lookupOrder] as readonly AnyTool[],
        close: async () => {
          closed = true;
        },
      }),
    };
    const [agent] = replaceIn([{ ...billing, tools: [source] }], { model, tools: [fake] });
    const [replaced] = agent?.tools ?? [];
    if (replaced?.kind !== 'tool-source') throw new Error('unreachable');
    const open = await replaced.open();
    expect(open.tools).toEqual([fake, lookupOrder]);
    await open.close();
    expect(closed).toBe(true);
  });
});
