import 'perdure/testing/vitest';
import { defineTool } from 'perdure';
import { callTool, createAgentTest, type FakeTool, fakeTool, inOrder, say, scriptedModel } from 'perdure/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import { lookupOrder, support } from '../e2e/testing/first/support.ts';

const refund = defineTool({
  name: 'refund',
  description: 'Gives money back.',
  input: z.object({ orderId: z.string(), amount: z.number() }),
  completion: 'async',
  run: () => {},
});

describe('scripted calls', () => {
  it('are checked by the types of the tool', () => {
    callTool(lookupOrder, { orderId: '1042' });
    callTool('lookup_order', { whatever: true });
    callTool(lookupOrder, '{"malformed');
    // @ts-expect-error a number is no text
    callTool(lookupOrder, { orderId: 1042 });
    // @ts-expect-error there is something missing
    callTool(refund, { orderId: '1042' });
  });
});

describe('fake tools', () => {
  it('are checked by the types of the tool', () => {
    const fake = fakeTool(lookupOrder, { status: 'shipped' });
    expectTypeOf(fake).toEqualTypeOf<FakeTool<{ orderId: string }, { status: string }>>();
    expectTypeOf(fake.calls[0]?.input).toEqualTypeOf<{ orderId: string } | undefined>();
    fakeTool(lookupOrder, async ({ orderId }) => ({ status: orderId }));
    fakeTool(lookupOrder, inOrder([{ status: 'shipped' }, new Error('busy')]));
    // @ts-expect-error the real one returns a status
    fakeTool(lookupOrder, { state: 'shipped' });
    // @ts-expect-error the real one returns a status
    fakeTool(lookupOrder, () => 'shipped');
    // @ts-expect-error the real one returns a status
    fakeTool(lookupOrder, inOrder(['shipped']));
  });
});

describe('tests of agents', () => {
  it('know what agents take and come to', async () => {
    const test = await createAgentTest({ agents: [support], model: scriptedModel([say('x')]) });
    const run = await test.start(support, { input: 'Hi' });
    expectTypeOf(run.result()).resolves.toEqualTypeOf<string>();
    const event = await run.until('input_requested');
    expectTypeOf(event.wait.message).toEqualTypeOf<string>();
    // @ts-expect-error no such event
    await run.until('input_wanted');
    // @ts-expect-error no such point
    test.crashAfter('modle 1');
    await expect(run).toHaveCalledTool('lookup_order', { orderId: expect.any(String) });
    // @ts-expect-error a number of times is missing
    await expect(run).toHaveCalledToolTimes('lookup_order');
    // @ts-expect-error no dep of that type is needed
    await createAgentTest({ agents: [support], deps: { orders: 5 } });
    await createAgentTest({ agents: [support], deps: {} });
  });
});
