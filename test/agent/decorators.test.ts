import { describe, expect, it } from 'vitest';
import { checkValue } from '../../src/agent/arguments.ts';
import { agentOf } from '../../src/agent/decorators.ts';
import { type AnyTool, defineAgent, defineTool } from '../../src/index.ts';
import type * as Fixture from './fixtures/decorated.ts';
import { refusal } from './support.ts';

/** The fixture, compiled in one of the modes of `vitest.config.ts`. */
async function load(mode: string): Promise<typeof Fixture> {
  const path = `./fixtures/decorated.ts?decorators=${mode}`;
  return (await import(/* @vite-ignore */ path)) as typeof Fixture;
}

describe.each([
  ['standard decorators, by esbuild', 'esbuild'],
  ['standard decorators, by TypeScript', 'typescript'],
  ['experimentalDecorators', 'legacy'],
])('with %s', (_, mode) => {
  const toolsOf = async (of: 'Support' | 'Special' = 'Support'): Promise<Record<string, AnyTool>> => {
    const { [of]: Class } = await load(mode);
    const agent = agentOf(new Class({ 7: 'a lamp' }));
    return Object.fromEntries(agent.tools.map((tool) => [tool.name, tool as AnyTool]));
  };
  const run = async (tool: AnyTool | undefined, input: unknown): Promise<unknown> => {
    const checked = tool && (await checkValue(tool.input, input));
    if (!checked?.ok) throw new Error('invalid');
    return tool?.run(checked.value as never, { toolCallId: 's1.1' } as never);
  };

  it('an instance is the agent that defineAgent makes', async () => {
    const { Support } = await load(mode);
    const instance = new Support({});
    const agent = agentOf(instance);
    expect(agentOf(instance)).toBe(agent);
    const { tools: _tools, ...rest } = agent;
    const { tools: _none, ...expected } = defineAgent({
      name: 'support',
      model: 'openai/gpt-5-mini',
      instructions: 'Help.',
      limits: { steps: 3 },
    });
    expect(rest).toEqual(expected);
  });

  it('methods are tools, those of classes above included, bound to the instance', async () => {
    const tools = await toolsOf();
    expect(Object.keys(tools).toSorted()).toEqual(['greet', 'lookup', 'pay_back']);
    expect(await run(tools['lookup'], { id: '7' })).toBe('a lamp');
    expect(await run(tools['lookup'], { id: '7', upper: true })).toBe('A LAMP');
    expect(await run(tools['pay_back'], { amount: '5' })).toBe('5 s1.1');
  });

  it('a tool is what defineTool makes', async () => {
    const { lookup } = await toolsOf();
    const { run: _run, input: _input, ...rest } = lookup ?? defineTool({ name: 'x', description: 'x', run: () => 1 });
    expect(rest).toMatchObject({
      kind: 'tool',
      name: 'lookup',
      description: 'Finds an order.',
      timeout: undefined,
      inputSchema: { required: ['id'] },
    });
  });

  it('approval and compensation may be methods', async () => {
    const { Support } = await load(mode);
    const instance = new Support({ 7: 'a lamp' });
    const tool = agentOf(instance).tools.find(({ name }) => name === 'pay_back') as AnyTool;
    expect(tool.timeout).toBe(5_000);
    expect(tool.approval?.({ amount: 1 } as never, {} as never)).toBe(false);
    expect(tool.approval?.({ amount: 2 } as never, {} as never)).toBe(true);
    await tool.compensate?.({ amount: 3 } as never, {} as never);
    expect(instance.undone).toEqual([3]);
  });

  it('what subclasses and other decorators put in the place of a method is called', async () => {
    expect(await run((await toolsOf('Special'))['lookup'], { id: '7' })).toBe('special a lamp');
    expect(await run((await toolsOf())['greet'], {})).toBe('hihi');
  });

  it('says what is wrong', async () => {
    const { Broken, Desk } = await load(mode);
    expect(refusal(() => agentOf(new Desk({}))).message).toMatch(/^class Desk: is no agent\. Put @Agent/);
    expect(refusal(() => agentOf(new Broken())).message).toMatch(
      /tool "doIt": compensate: class Broken has no method undo/,
    );
  });
});
