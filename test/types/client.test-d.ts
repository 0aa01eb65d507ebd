import { connect, defineAgent, defineTool, type Perdure, type Run, type RunEvent, type TokenEvent } from 'perdure';
import { createWorker, runWorker } from 'perdure/worker';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';

const lookup = defineTool({
  name: 'lookup',
  description: 'Finds an order.',
  input: z.object({ id: z.string() }),
  run: ({ id }, { deps }: { readonly deps: { readonly find: (id: string) => string } }) => deps.find(id),
});
const plain = defineAgent({ name: 'plain', model: 'openai/gpt-5-mini', instructions: 'x' });
const typed = defineAgent({
  name: 'typed',
  model: 'openai/gpt-5-mini',
  instructions: 'x',
  input: z.object({ order: z.string() }),
  output: z.object({ state: z.enum(['lost', 'found']) }),
  tools: [lookup],
});
const find = (id: string): string => id;

describe('starting a run', () => {
  it("takes the agent's input, and gives its output", async () => {
    const perdure: Perdure = await connect();
    const run = await perdure.start(typed, { input: { order: '7' } });
    expectTypeOf(await run.result()).toEqualTypeOf<{ state: 'lost' | 'found' }>();
    expectTypeOf((await run.outcome()).output).toEqualTypeOf<{ state: 'lost' | 'found' }>();
    expectTypeOf(perdure.run('x', typed)).toEqualTypeOf<Run<{ state: 'lost' | 'found' }>>();
    expectTypeOf(await (await perdure.start(plain, { input: 'Hi' })).result()).toEqualTypeOf<string>();
    // @ts-expect-error an order is text
    await perdure.start(typed, { input: { order: 7 } });
    // @ts-expect-error it takes no text
    await perdure.start(typed, { input: 'order 7' });
    // @ts-expect-error there has to be an input
    await perdure.start(plain, {});
    // @ts-expect-error there is no such option
    await perdure.start(plain, { input: 'Hi', retries: 3 });
    await perdure.start('by name', { input: { anything: 1 } });
  });
});

describe('events', () => {
  it('are told by their type', async () => {
    const run = (await connect()).run('x');
    for await (const event of run.events()) {
      expectTypeOf(event).toEqualTypeOf<RunEvent>();
      if (event.type === 'tool_started') expectTypeOf(event.toolName).toEqualTypeOf<string>();
      if (event.type === 'run_completed') expectTypeOf(event.finish).toEqualTypeOf<'complete' | 'limit'>();
      // @ts-expect-error there is no such event
      if (event.type === 'tool_exploded') break;
    }
    for await (const event of run.events({ tokens: true })) expectTypeOf(event).toEqualTypeOf<RunEvent | TokenEvent>();
  });
});

describe('a worker', () => {
  it('is given what its tools need', async () => {
    await runWorker({ agents: [plain] });
    await runWorker({ agents: [plain, typed], deps: { find } });
    await createWorker({ agents: [typed], deps: { find } });
    // @ts-expect-error deps are missing
    await runWorker({ agents: [typed] });
    // @ts-expect-error find has another type
    await runWorker({ agents: [typed], deps: { find: 7 } });
    // @ts-expect-error a tool of the worker's own needs something, too
    await runWorker({ agents: [plain], tools: [lookup] });
  });
});
