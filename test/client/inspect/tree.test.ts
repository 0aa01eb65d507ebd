import { describe, expect, it } from 'vitest';
import type { RunTree } from '../../../src/client/inspect/types.ts';
import type { Script } from '../../e2e/agents-loop/fakes.ts';
import { eventOf } from '../support.ts';
import { useClientWorlds } from '../world.ts';

const clientWorld = useClientWorlds();

const calls = (...agents: string[]): Script => [{ calls: agents.map((agent) => ({ agent })) }, { complete: 'Done.' }];
const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 0, reasoningTokens: 0 };

function outline({ run, children, truncated }: RunTree): string {
  const below = [...children.map(outline), ...(truncated === true ? ['…'] : [])];
  return `${run.agent} ${run.status}${below.length === 0 ? '' : `(${below.join(', ')})`}`;
}

describe('the tree of a run', () => {
  it('has all depths, those that go on and those that have ended', async () => {
    const { perdure } = await clientWorld({
      scripts: {
        main: calls('quick', 'caller'),
        quick: [{ complete: 'Done.' }],
        caller: calls('asker', 'quick'),
        asker: [{ calls: [{ ask: 'Well?' }] }, { complete: 'Done.' }],
      },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    const quick = perdure.run(`${run.id}/s1.2.caller/s1.2.quick`);
    await eventOf(quick, 'run_completed');
    expect(outline(await run.tree())).toBe(
      'main running(quick completed, caller running(asker running, quick completed))',
    );
    await run.reply('Yes.');
    await run.result();
    expect(outline(await run.tree())).toBe(
      'main completed(quick completed, caller completed(asker completed, quick completed))',
    );
    expect(outline(await run.tree({ limit: 3 }))).toBe('main completed(quick completed, caller completed(…))');
    expect(outline(await run.tree({ limit: 2 }))).toBe('main completed(quick completed, …)');
    await expect(run.tree({ limit: 0 })).rejects.toMatchObject({ path: 'limit' });
    expect(outline(await perdure.run(`${run.id}/s1.2.caller`).tree())).toBe(
      'caller completed(asker completed, quick completed)',
    );
  });

  it('is counted with all that is below, if that is wanted', async () => {
    const { perdure } = await clientWorld({
      scripts: { main: calls('helper'), helper: calls('leaf', 'leaf'), leaf: [{ complete: 'Done.' }] },
    });
    const run = await perdure.start('main', { input: 'Hi' });
    await run.result();
    const prices = { model: { input: 1, output: 2 } };
    const own = await run.metrics({ prices });
    expect(own).toMatchObject({ stepCount: 3, llmCallCount: 2, agentCallCount: 1, cost: { unpriced: [] } });
    expect(own.tokens).toEqual({ ...usage, inputTokens: 20, outputTokens: 10 });
    expect(own.subAgents).toMatchObject({ steps: 4, toolCalls: 2, inputTokens: 40, outputTokens: 20 });
    expect(own.cost?.amount).toBeCloseTo(40 / 1_000_000, 12);
    const all = await run.metrics({ prices, includeSubAgents: true });
    expect(all).toMatchObject({ stepCount: 9, llmCallCount: 6, agentCallCount: 3, subAgents: own.subAgents });
    expect(all.tokens).toEqual({ ...usage, inputTokens: 60, outputTokens: 30 });
    expect(all.cost?.amount).toBeCloseTo(120 / 1_000_000, 12);
    const { cost } = await run.metrics({ prices: { other: { input: 1, output: 1 } } });
    expect(cost).toEqual({ amount: 0, currency: 'USD', unpriced: ['fake/model'] });
    await expect(run.metrics()).resolves.not.toHaveProperty('cost');
    for (const price of [{ input: -1, output: 1 }, { input: 1, output: Number.NaN }, { input: 1 } as never]) {
      await expect(run.metrics({ prices: { x: price } })).rejects.toMatchObject({
        path: expect.stringMatching(/^prices.x/),
      });
    }
  });
});
