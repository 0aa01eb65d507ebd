import { describe, expect, it } from 'vitest';
import { activityDefaultsOf } from '../../src/agent/activity-defaults.ts';
import { canonicalJson, hashOf } from '../../src/agent/hash.ts';
import { toolHash } from '../../src/agent/records.ts';
import { AgentRegistry } from '../../src/agent/registry.ts';
import { type AnyTool, defineAgent, defineTool, type ToolSource } from '../../src/index.ts';
import { refusal } from './support.ts';

const make = (name: string, more: { description?: string } = {}): AnyTool =>
  defineTool({ name, description: 'Does it.', run: () => name, ...more });
const base = { model: 'openai/gpt-5-mini', instructions: 'Help.' };
const lookup = make('lookup');
const refund = make('refund');
const billing = defineAgent({ ...base, name: 'billing', description: 'Knows invoices.', tools: [refund, lookup] });
const support = defineAgent({ ...base, name: 'support', tools: [lookup], agents: [billing] });
const context = { input: 'hi', metadata: {}, now: new Date(0) };

describe('AgentRegistry', () => {
  it('registers sub-agents with their agents, and each tool once', () => {
    const registry = new AgentRegistry({ agents: [support], tools: [make('extra')] });
    expect(registry.agents.map(({ name }) => name)).toEqual(['support', 'billing']);
    expect(registry.tools.map(({ name }) => name)).toEqual(['lookup', 'refund', 'extra']);
    expect(registry.agent('billing')).toBe(billing);
    expect(registry.agent('nobody')).toBeUndefined();
    expect(registry.tool('refund')).toBe(refund);
    expect(registry.tool('refund', support)).toBeUndefined();
    expect(registry.tool('refund', billing)).toBe(refund);
  });

  it('takes agents that call each other', () => {
    const agents: (typeof support)[] = [];
    const one = { ...support, name: 'one', agents } as unknown as typeof support;
    agents.push(one);
    expect(new AgentRegistry({ agents: [one] }).agents).toEqual([one]);
  });

  it('refuses two agents of one name', () => {
    const other = defineAgent({ ...base, name: 'billing' });
    expect(refusal(() => new AgentRegistry({ agents: [support, other] })).message).toMatch(
      /agent "billing": two different agents have this name/,
    );
  });

  it('refuses two tools of one name, and says where they are', () => {
    const other = defineAgent({ ...base, name: 'other', tools: [make('lookup')] });
    expect(refusal(() => new AgentRegistry({ agents: [support, other] })).message).toMatch(
      /tool "lookup": agent "support" and agent "other" have different tools of this name/,
    );
    expect(refusal(() => new AgentRegistry({ agents: [support], tools: [make('lookup')] })).message).toMatch(
      /agent "support" and the worker's tools/,
    );
  });
});

describe('tool sources', () => {
  const sourceOf = (name: string, tools: readonly AnyTool[], log: string[] = []): ToolSource => ({
    kind: 'tool-source',
    name,
    open: async () => {
      log.push(`open ${name}`);
      return { tools, close: async () => void log.push(`close ${name}`) };
    },
  });

  it('are connected once, and closed with the registry', async () => {
    const log: string[] = [];
    const source = sourceOf('files', [make('files_read')], log);
    const agent = defineAgent({ ...base, name: 'reader', tools: [source, lookup] });
    const registry = await AgentRegistry.open({ agents: [agent, support], tools: [source] });
    expect(registry.toolsOf(agent).map(({ name }) => name)).toEqual(['files_read', 'lookup']);
    expect((await registry.record(agent, context)).tools.map(({ name }) => name)).toEqual(['files_read', 'lookup']);
    await registry.close();
    expect(log).toEqual(['open files', 'close files']);
  });

  it('are closed again when another one fails or a name is taken', async () => {
    const log: string[] = [];
    const good = sourceOf('good', [make('good_one')], log);
    const bad: ToolSource = { kind: 'tool-source', name: 'bad', open: () => Promise.reject(new Error('no server')) };
    await expect(AgentRegistry.open({ tools: [good, bad] })).rejects.toThrow('no server');
    const clash = sourceOf('clash', [make('lookup')], log);
    await expect(AgentRegistry.open({ agents: [support], tools: [clash] })).rejects.toThrow(/have different tools/);
    expect(log).toEqual(['open good', 'close good', 'open clash', 'close clash']);
  });

  it('have names of their own', async () => {
    await expect(AgentRegistry.open({ tools: [sourceOf('files', []), sourceOf('files', [])] })).rejects.toThrow(
      /the name "files" is used by a tool source and by a tool source/,
    );
  });

  it('may not bring a tool that is called as one of the agent', async () => {
    const agent = defineAgent({ ...base, name: 'main', agents: [billing], tools: [sourceOf('x', [make('billing')])] });
    await expect(AgentRegistry.open({ agents: [agent] })).rejects.toThrow(/agent "main": the name "billing"/);
  });

  it('have to be connected', () => {
    const agent = defineAgent({ ...base, name: 'main', tools: [sourceOf('files', [])] });
    expect(refusal(() => new AgentRegistry({ agents: [agent] })).message).toMatch(
      /is not connected.*AgentRegistry\.open/,
    );
  });
});

describe('records', () => {
  const registry = new AgentRegistry({ agents: [support] });

  it('hold the whole definition, hashed', async () => {
    const record = await registry.record(support, context);
    expect(record).toMatchObject({
      name: 'support',
      model: 'openai/gpt-5-mini',
      instructions: 'Help.',
      tools: [{ name: 'lookup', compensates: false, hash: toolHash(lookup) }],
      agents: [{ name: 'billing', description: 'Knows invoices.', inputSchema: billing.inputSchema }],
    });
    expect(record).toEqual(structuredClone(record));
    const { hash, ...rest } = record;
    expect(hash).toBe(hashOf(rest));
  });

  it('hold how large the result of an async tool may be', async () => {
    const common = { name: 'ship', description: 'Ships.', completion: 'async', run: () => undefined } as const;
    const agent = defineAgent({ ...base, name: 'shipper', tools: [defineTool({ ...common, maxResultBytes: 100 })] });
    const { tools } = await new AgentRegistry({ agents: [agent] }).record(agent, context);
    expect(tools).toMatchObject([{ name: 'ship', maxResultBytes: 100 }]);
  });

  describe('of times and retries that a definition says nothing of', () => {
    const common = { description: 'Ships.', run: () => undefined } as const;
    const own = { timeout: '5 s', retry: { maximumAttempts: 7 } } as const;
    const shipper = defineAgent({
      ...base,
      name: 'shipper',
      tools: [
        defineTool({ ...common, name: 'plain' }),
        defineTool({ ...common, name: 'later', completion: 'async' }),
        defineTool({ ...common, ...own, name: 'own' }),
      ],
    });
    const ship = new AgentRegistry({ agents: [shipper] });
    const day = 86_400_000;
    const retry = { maximumAttempts: 3, initialInterval: 1_000, backoffCoefficient: 2, maximumInterval: 30_000 };

    it('hold the defaults', async () => {
      const record = await ship.record(shipper, context);
      expect(record).not.toHaveProperty('activityDefaults');
      expect(record).toMatchObject({
        modelTimeout: 300_000,
        modelRetry: { ...retry, maximumAttempts: 5, maximumInterval: 60_000 },
        tools: [
          { timeout: 60_000, retry },
          { timeout: day, retry },
          { timeout: 5000, retry: { maximumAttempts: 7 } },
        ],
      });
    });

    it('hold what the engine says', async () => {
      const defaults = activityDefaultsOf({ startToCloseTimeout: '10m', retry: { initialInterval: '2s' } });
      const engines = { ...retry, initialInterval: 2000 };
      expect(await ship.record(shipper, context, defaults)).toMatchObject({
        activityDefaults: { timeout: 600_000, retry: engines },
        modelTimeout: 600_000,
        modelRetry: engines,
        tools: [
          { timeout: 600_000, retry: engines },
          { timeout: day, retry: engines },
          { timeout: 5000, retry: { ...retry, maximumAttempts: 7 } },
        ],
      });
    });

    it('know nothing of an engine that says nothing', () => {
      expect([activityDefaultsOf(), activityDefaultsOf({})]).toEqual([undefined, undefined]);
    });
  });

  it('hold what the instructions are when the run starts', async () => {
    const agent = defineAgent({
      ...base,
      name: 'dated',
      instructions: async ({ input, now, metadata }) =>
        `${String(input)} ${now.toISOString()} ${JSON.stringify(metadata)}`,
    });
    const record = await new AgentRegistry({ agents: [agent] }).record(agent, { ...context, metadata: { who: 'me' } });
    expect(record.instructions).toBe('hi 1970-01-01T00:00:00.000Z {"who":"me"}');
  });

  it('name a model object by its provider and id', async () => {
    const model = { specificationVersion: 'v4', provider: 'fake', modelId: 'one', doGenerate: () => 1 };
    const agent = defineAgent({ ...base, name: 'faked', model: model as never });
    expect((await new AgentRegistry({ agents: [agent] }).record(agent, context)).model).toBe('fake/one');
  });

  it('tell tools apart by what a call relies on', () => {
    expect(toolHash(make('lookup', { description: 'Better said.' }))).toBe(toolHash(lookup));
    expect(toolHash(make('other'))).not.toBe(toolHash(lookup));
    const changed = defineTool({ name: 'lookup', description: 'x', inputJsonSchema: { type: 'object' }, run: () => 1 });
    expect(toolHash(changed)).not.toBe(toolHash(lookup));
  });

  it('hash equal values alike', () => {
    expect(canonicalJson({ b: [1, undefined], a: { d: undefined, c: null } })).toBe('{"a":{"c":null},"b":[1,null]}');
    expect(hashOf({ a: 1, b: 2 })).toBe(hashOf({ b: 2, a: 1 }));
    expect(hashOf({ a: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });
});
