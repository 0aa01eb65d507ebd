import { toStandardJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type Agent,
  type AnyAgent,
  type AnyTool,
  type AsyncToolContext,
  defineAgent,
  defineTool,
  type DepsOf,
  type DepsOption,
  type InputOf,
  type Json,
  type JsonObject,
  type OptionalDeps,
  type OutputOf,
  type ToolContext,
  type UserContent,
} from '../../src/index.ts';

interface Orders {
  find(id: string): Promise<{ readonly id: string; readonly total: number }>;
}
interface Payments {
  refund(id: string): void;
}

const input = z.object({ id: z.string(), amount: z.string().transform(Number), note: z.string().default('none') });
const lookup = defineTool({
  name: 'lookup',
  description: 'Finds an order.',
  input,
  run: async ({ id }, { deps }: ToolContext<{ orders: Orders }>) => deps.orders.find(id),
});
const refund = defineTool({
  name: 'refund',
  description: 'Gives money back.',
  input,
  completion: 'async',
  approval: ({ amount }, { deps }: { deps: { limit: number } }) => amount > deps.limit,
  run: ({ id }, { deps }: ToolContext<{ payments: Payments }>) => deps.payments.refund(id),
  compensate: ({ amount }, { deps }: { deps: { log: (amount: number) => void } }) => deps.log(amount),
});
const ping = defineTool({ name: 'ping', description: 'Answers.', run: () => 'pong' as const });

const base = { model: 'openai/gpt-5-mini', instructions: 'Help.' };
const billing = defineAgent({
  ...base,
  name: 'billing',
  tools: [refund],
  input: z.object({ invoice: z.string().transform(Number) }),
  output: z.object({ paid: z.boolean() }),
});
const support = defineAgent({ ...base, name: 'support', tools: [lookup, ping], agents: [billing] });

describe('a tool', () => {
  it("takes the schema's input, and its run the schema's output", () => {
    expectTypeOf<InputOf<typeof lookup>>().toEqualTypeOf<{ id: string; amount: string; note?: string | undefined }>();
    defineTool({
      name: 'x',
      description: 'x',
      input,
      run: (args) => expectTypeOf(args).toEqualTypeOf<{ id: string; amount: number; note: string }>(),
    });
    defineTool({
      name: 'x',
      description: 'x',
      input: toStandardJsonSchema(v.object({ id: v.string() })),
      run: (args) => expectTypeOf(args).toEqualTypeOf<{ id: string }>(),
    });
    defineTool({
      name: 'x',
      description: 'x',
      inputJsonSchema: { type: 'object' },
      run: (args) => expectTypeOf(args).toEqualTypeOf<JsonObject>(),
    });
  });

  it('comes to what run returns, or, when that arrives later, to any JSON', () => {
    expectTypeOf<OutputOf<typeof lookup>>().toEqualTypeOf<{ readonly id: string; readonly total: number }>();
    expectTypeOf<OutputOf<typeof ping>>().toEqualTypeOf<'pong'>();
    expectTypeOf<OutputOf<typeof refund>>().toEqualTypeOf<Json>();
    // @ts-expect-error Its total is a number.
    expectTypeOf<OutputOf<typeof lookup>['total']>().toEqualTypeOf<string>();
  });

  it('is any tool', () => {
    expectTypeOf(lookup).toExtend<AnyTool>();
    expectTypeOf(refund).toExtend<AnyTool>();
  });

  it('refuses arguments that the schema does not give', () => {
    // @ts-expect-error The schema has no orderId.
    defineTool({ name: 'x', description: 'x', input, run: ({ orderId }) => orderId });
    // @ts-expect-error The schema makes amount a number.
    defineTool({ name: 'x', description: 'x', input, run: (args: { amount: string }) => args.amount });
    // @ts-expect-error There are no arguments by default, but JSON.
    defineTool({ name: 'x', description: 'x', run: (args: { id: string }) => args.id });
    // @ts-expect-error amount is a number for compensate, too.
    defineTool({ name: 'x', description: 'x', input, run: () => 1, compensate: ({ amount }) => amount.length });
    // @ts-expect-error And for approval.
    defineTool({ name: 'x', description: 'x', input, run: () => 1, approval: ({ amount }) => amount === 'much' });
  });

  it('refuses options that mean nothing', () => {
    // @ts-expect-error It is called timeout.
    defineTool({ name: 'x', description: 'x', run: () => 1, timeoutMs: 5 });
    // @ts-expect-error It is sync or async.
    defineTool({ name: 'x', description: 'x', run: () => 1, completion: 'later' });
    // @ts-expect-error Models choose a tool by its description.
    defineTool({ name: 'x', run: () => 1 });
    // @ts-expect-error An approval says yes, no, or what to ask.
    defineTool({ name: 'x', description: 'x', run: () => 1, approval: () => 5 });
  });

  it('has a completion token when its result arrives later, and only then', () => {
    const common = { name: 'x', description: 'x' };
    defineTool({
      ...common,
      completion: 'async',
      run: (_, { completionToken }) => expectTypeOf(completionToken).toEqualTypeOf<string>(),
    });
    const later = defineTool({
      ...common,
      completion: 'async',
      run: (_: JsonObject, { deps, completionToken }: AsyncToolContext<{ db: string }>) => deps.db + completionToken,
    });
    expectTypeOf<NonNullable<typeof later.__types>['deps']>().toEqualTypeOf<{ db: string }>();
    // @ts-expect-error It has ended when run returns.
    defineTool({ ...common, run: (_, { completionToken }) => completionToken });
    // @ts-expect-error It is said to be async nowhere else.
    defineTool({ ...common, run: (_: JsonObject, context: AsyncToolContext) => context.completionToken });
  });

  it('knows nothing of deps that nobody named', () => {
    // @ts-expect-error deps are unknown until the context is annotated.
    defineTool({ name: 'x', description: 'x', run: (_, { deps }) => deps.orders });
  });
});

describe('an agent', () => {
  it('is typed by its schemas', () => {
    expectTypeOf<InputOf<typeof support>>().toEqualTypeOf<UserContent>();
    expectTypeOf<OutputOf<typeof support>>().toEqualTypeOf<string>();
    expectTypeOf<InputOf<typeof billing>>().toEqualTypeOf<{ invoice: string }>();
    expectTypeOf<OutputOf<typeof billing>>().toEqualTypeOf<{ paid: boolean }>();
    expectTypeOf(support.name).toEqualTypeOf<'support'>();
    expectTypeOf(billing).toExtend<AnyAgent>();
  });

  it('refuses wrong input of a sub-agent', () => {
    const start = <A extends Agent>(_agent: A, _input: InputOf<A>): void => undefined;
    start(billing, { invoice: '7' });
    start(support, 'Hello');
    // @ts-expect-error The number of an invoice is text.
    start(billing, { invoice: 7 });
    // @ts-expect-error It takes an object.
    start(billing, 'Pay invoice 7');
    // @ts-expect-error Without a schema, users say text.
    start(support, { message: 'Hello' });
  });

  it('refuses what is no tool and no agent', () => {
    // @ts-expect-error An agent is no tool.
    defineAgent({ ...base, name: 'x', tools: [billing] });
    // @ts-expect-error A tool is no agent.
    defineAgent({ ...base, name: 'x', agents: [ping] });
    // @ts-expect-error There is no such limit.
    defineAgent({ ...base, name: 'x', limits: { turns: 5 } });
    // @ts-expect-error An agent needs a model.
    defineAgent({ name: 'x', instructions: 'Help.' });
  });
});

describe('deps', () => {
  type Needed = { orders: Orders } & { limit: number } & { payments: Payments } & { log: (amount: number) => void };

  it('are what all tools need, those of sub-agents included', () => {
    const agents = [support, billing];
    expectTypeOf<DepsOf<typeof agents>>().toExtend<Needed>();
    expectTypeOf<Needed>().toExtend<DepsOf<typeof agents>>();
    expectTypeOf<Needed>().toExtend<DepsOf<[typeof support]>>();
    expectTypeOf<DepsOf<[], [typeof lookup, typeof ping]>>().toEqualTypeOf<{ orders: Orders }>();
  });

  it('may be left out when nothing needs them', () => {
    const idle = defineAgent({ ...base, name: 'idle', tools: [ping] });
    expectTypeOf<DepsOf<[typeof idle]>>().toBeUnknown();
    expectTypeOf<DepsOf<[]>>().toBeUnknown();
    expectTypeOf<DepsOption<DepsOf<[typeof idle]>>>().toEqualTypeOf<OptionalDeps>();
  });

  it('are refused when one is missing', () => {
    const run = <const Agents extends readonly AnyAgent[]>(
      _options: { readonly agents: Agents } & DepsOption<DepsOf<Agents>>,
    ): void => undefined;
    const orders: Orders = { find: async (id) => ({ id, total: 1 }) };
    const payments: Payments = { refund: () => undefined };
    run({ agents: [support], deps: { orders, payments, limit: 1, log: () => undefined } });
    run({ agents: [defineAgent({ ...base, name: 'idle' })] });
    // @ts-expect-error payments are missing.
    run({ agents: [support], deps: { orders, limit: 1, log: () => undefined } });
    // @ts-expect-error There are none at all.
    run({ agents: [support] });
  });
});
