import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type AnyAgentOptions, completeAgent } from '../../src/agent/define-agent.ts';
import { defineAgent, defineTool } from '../../src/index.ts';
import { refusal } from './support.ts';

const base = { name: 'support', model: 'openai/gpt-5-mini', instructions: 'Help.' };
const tool = defineTool({ name: 'lookup', description: 'Looks something up.', run: () => 1 });
const billing = defineAgent({ ...base, name: 'billing' });
const model = { specificationVersion: 'v4', provider: 'fake', modelId: 'one', doGenerate: () => undefined };

describe('defineAgent', () => {
  it('fills in what is left out', () => {
    const agent = defineAgent(base);
    expect(agent).toMatchObject({
      kind: 'agent',
      description: 'support',
      tools: [],
      agents: [],
      limits: { steps: 50, depth: 5 },
      onLimit: 'fail',
      asksUser: { timeout: 3_600_000 },
      modelTimeout: undefined,
      modelRetry: undefined,
      settings: {},
      output: undefined,
      outputSchema: undefined,
    });
    expect(Object.isFrozen(agent)).toBe(true);
  });

  it('lets other agents say text to one without typed input', () => {
    expect(defineAgent(base).inputSchema).toMatchObject({ properties: { message: { type: 'string' } } });
  });

  it('describes typed input and output as what callers and models give', () => {
    const agent = defineAgent({
      ...base,
      input: z.object({ id: z.string().transform(Number) }),
      output: z.object({ total: z.number() }),
    });
    expect(agent.inputSchema).toMatchObject({ properties: { id: { type: 'string' } } });
    expect(agent.outputSchema).toMatchObject({ properties: { total: { type: 'number' } } });
  });

  it('completes limits, one by one', () => {
    const { limits } = defineAgent({ ...base, limits: { tokens: 1_000, toolCalls: 0, duration: '2h' } });
    expect(limits).toEqual({ steps: 50, depth: 5, tokens: 1_000, toolCalls: 0, duration: 7_200_000 });
  });

  it('says how long it waits for users', () => {
    expect(defineAgent({ ...base, asksUser: { timeout: '2 days' } }).asksUser).toEqual({ timeout: 172_800_000 });
    expect(defineAgent({ ...base, asksUser: true }).asksUser).toEqual({ timeout: 3_600_000 });
    expect(defineAgent({ ...base, asksUser: false }).asksUser).toBe(false);
  });

  it.each([
    ['an unknown option', { prompt: 'x' }, /unknown option prompt/],
    ['a name that models refuse', { name: '1st' }, /agent "1st": name/],
    ['an empty description', { description: '' }, /description: is empty/],
    ['no model', { model: undefined }, /model: is missing.*provider\/model/],
    ['a model without a provider', { model: 'gpt-5' }, /model: "gpt-5" names no provider/],
    ['a model that is none', { model: {} }, /model: is no model/],
    ['a model of an older AI SDK', { model: { ...model, specificationVersion: 'v2' } }, /specification v2, not v4/],
    ['no instructions', { instructions: undefined }, /instructions: is missing/],
    ['tools that are no list', { tools: tool }, /tools: is no list/],
    ['a tool that is none', { tools: [tool, billing] }, /tools\[1\]: is no tool and no tool-source/],
    ['an agent that is none', { agents: [tool] }, /agents\[0\]: is no agent/],
    ['a tool twice', { tools: [tool, tool] }, /name "lookup" is used by a tool and by a tool/],
    [
      'a tool that is called as an agent',
      { tools: [defineTool({ name: 'billing', description: 'x', run: () => 1 })], agents: [billing] },
      /name "billing" is used by a tool and by a agent/,
    ],
    ['an unknown limit', { limits: { turns: 3 } }, /limits: unknown option turns/],
    ['no steps', { limits: { steps: 0 } }, /limits.steps: 0 is not possible/],
    ['half a token', { limits: { tokens: 0.5 } }, /limits.tokens: 0.5/],
    ['an unknown onLimit', { onLimit: 'retry' }, /onLimit: "retry" is not possible/],
    ['an unknown way to ask', { asksUser: { timeoutMs: 1 } }, /asksUser: unknown option timeoutMs/],
    ['a retry that is nothing', { modelRetry: null }, /modelRetry: expected an object of options/],
    ['a time that is none', { modelTimeout: 'soon' }, /modelTimeout: "soon" is no time/],
    ['an unknown setting', { settings: { temp: 1 } }, /settings: unknown option temp/],
    ['a setting that is no number', { settings: { temperature: 'hot' } }, /settings.temperature: "hot" is no number/],
    ['no tokens at all', { settings: { maxOutputTokens: 0 } }, /settings.maxOutputTokens/],
    ['an output that is no schema', { output: { type: 'object' } }, /output: is no Standard Schema/],
    ['a JSON Schema alone', { outputJsonSchema: { type: 'object' } }, /outputJsonSchema: stands alone/],
    ['an input that is no object', { input: z.string() }, /has to describe an object/],
  ])('refuses %s', (_, options, message) => {
    expect(refusal(() => completeAgent({ ...base, ...options } as unknown as AnyAgentOptions)).message).toMatch(
      message,
    );
  });

  it('takes a model object', () => {
    expect(completeAgent({ ...base, model } as unknown as AnyAgentOptions).model).toBe(model);
  });
});
