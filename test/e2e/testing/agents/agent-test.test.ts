import '../../../../testing/vitest/index.ts';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  askUser,
  callAgent,
  callTool,
  callTools,
  delay,
  fail,
  fakeTool,
  inOrder,
  say,
  scriptedModel,
} from '../../../../testing/index.ts';
import { billing, lookupOrder, refund, support } from './agents.ts';
import { open, prepare } from './support.ts';

const HOUR = 3_600_000;

beforeAll(prepare, 120_000);

describe('an agent in a test', () => {
  it('runs', async () => {
    const model = scriptedModel([callTool(lookupOrder, { orderId: '1042' }), say('It is on its way.')]);
    await using test = await open({
      agents: [support],
      model,
      deps: { orders: { find: async (id) => ({ status: `shipped ${id}` }) } },
    });
    const run = await test.start(support, { input: 'Where is order 1042?' });
    await expect(run).toHaveCompletedWith('It is on its way.');
    await expect(run).toHaveCalledTool('lookup_order', { orderId: '1042' });
    await expect(run).toHaveUsedAtMost({ steps: 2, toolCalls: 1, tokens: 40 });
    expect(model.calls[1]?.toolResults).toMatchObject([{ value: { status: 'shipped 1042' } }]);
    model.assertDone();
  });

  it('calls sub-agents with models of their own, and fakes in the place of tools', async () => {
    const money = fakeTool(refund, async ({ orderId }) => `refunded ${orderId}`);
    await using test = await open({
      agents: [support],
      models: {
        support: scriptedModel([callAgent(billing, 'Refund order 1.'), say('Done.')]),
        billing: scriptedModel([callTool(refund, { orderId: '1', amount: 5 }), say('Refunded.')]),
      },
      tools: [money],
    });
    const run = await test.start(support, { input: 'Refund order 1.' });
    await expect(run).toHaveCompletedWith('Done.');
    await expect(run).toHaveCalledAgent('billing');
    const called = (await run.eventsSoFar()).find((event) => event.type === 'agent_called');
    await expect(test.run(called?.workflowId ?? '')).toHaveCalledTool('refund');
    expect(money.calls.map(({ input }) => input)).toEqual([{ orderId: '1', amount: 5 }]);
  });

  it('asks, and waits for an answer as long as nobody lets time pass', async () => {
    const model = scriptedModel([
      askUser('Which order?'),
      (call) => say(`You said ${JSON.stringify(call.toolResults[0]?.value)}.`),
    ]);
    await using test = await open({ agents: [support], model });
    const run = await test.start(support, { input: 'Where is it?' });
    const { wait } = await run.until('input_requested');
    expect(wait.message).toBe('Which order?');
    await expect(run).toHaveAsked(/order/);
    await run.reply('1042');
    await expect(run).toHaveCompletedWith(expect.stringContaining('1042'));
  });

  it('waits in vain for an hour, without waiting', async () => {
    const model = scriptedModel([askUser('Which order?'), say('Ask me again.')]);
    await using test = await open({ agents: [support], model, startTime: 0 });
    const run = await test.start(support, { input: 'Where is it?' });
    await run.until('wait_closed');
    await expect(run).toHaveCompletedWith('Ask me again.');
    expect(await test.currentTimeMs()).toBeGreaterThanOrEqual(HOUR);
  });

  it('needs an approval', async () => {
    const money = fakeTool(refund, 'refunded');
    const model = scriptedModel([callTool(refund, { orderId: '1', amount: 200 }), say('Done.')]);
    await using test = await open({ agents: [billing], model, tools: [money] });
    const run = await test.start(billing, { input: 'Refund order 1.' });
    const asked = await run.until('approval_requested');
    expect(money.calls).toEqual([]);
    await run.approve();
    await run.until('tool_completed', { after: asked });
    await expect(run).toHaveCompletedWith('Done.');
    await expect(run).toHaveAsked('Refund 200 EUR?');
  });

  it('plays one script for each of several runs', async () => {
    const model = scriptedModel([callTool(lookupOrder, { orderId: '1' }), say('Shipped.')], { perRun: true });
    const tool = fakeTool(lookupOrder, { status: 'shipped' });
    await using test = await open({ agents: [support], model, tools: [tool] });
    const runs = await Promise.all(['a', 'b', 'c'].map((id) => test.start(support, { id, input: 'Where is it?' })));
    await expect(Promise.all(runs.map((run) => run.result()))).resolves.toEqual(['Shipped.', 'Shipped.', 'Shipped.']);
    expect(new Set(model.calls.map(({ origin }) => origin?.workflowId))).toEqual(new Set(['a', 'b', 'c']));
    expect(tool.calls).toHaveLength(3);
    model.assertDone();
  });
});

describe('time', () => {
  it('passes for a model that is slow, or busy', async () => {
    const model = scriptedModel([fail({ status: 429, retryAfter: '30 s' }), delay('2 minutes', say('At last.'))]);
    await using test = await open({ agents: [support], model, startTime: 0 });
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('At last.');
    await expect(test.currentTimeMs()).resolves.toBe(150_000);
    expect(model.calls.map(({ origin }) => origin?.attempt)).toEqual([1, 2]);
  });

  it('is up for a model that is too slow', async () => {
    const model = scriptedModel([delay('10 minutes', say('Too late.')), say('In time.')]);
    await using test = await open({ agents: [support], model });
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('In time.');
  });

  it('passes for tools', async () => {
    const slow = fakeTool(lookupOrder, async () => {
      await test.sleep('50 seconds');
      return { status: 'shipped' };
    });
    await using test = await open({
      agents: [support],
      model: scriptedModel([callTool(lookupOrder, { orderId: '1' }), say('Shipped.')]),
      tools: [slow],
      startTime: 0,
    });
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('Shipped.');
    await expect(test.currentTimeMs()).resolves.toBe(50_000);
    expect(slow.calls).toHaveLength(1);
  });
});

describe('a crash', () => {
  const points = ['model 1', 'model 2', 'tool lookup_order', 'task 1', 'task 2', 'activity agent.resolve'] as const;

  it.each(points)('after %s is not noticed', async (point) => {
    const tool = fakeTool(lookupOrder, { status: 'shipped' });
    const model = scriptedModel([callTool(lookupOrder, { orderId: '1' }), say('Shipped.')]);
    await using test = await open({ agents: [support], model, tools: [tool] });
    test.crashAfter(point);
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('Shipped.');
    await expect(run).toHaveCalledToolTimes('lookup_order', 1);
    expect([test.crashes, tool.calls.length]).toEqual([1, 1]);
    model.assertDone();
  });

  it('in the middle of a tool or a model call does it again, with the same key', async () => {
    const tool = fakeTool(lookupOrder, { status: 'shipped' });
    const model = scriptedModel([callTool(lookupOrder, { orderId: '1' }), say('Shipped.')]);
    await using test = await open({ agents: [support], model, tools: [tool] });
    test.crashDuring('tool lookup_order');
    test.crashDuring('model 2');
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('Shipped.');
    await expect(run).toHaveCalledToolTimes('lookup_order', 1);
    expect(tool.calls.map(({ context }) => context.attempt)).toEqual([1, 2]);
    expect(new Set(tool.calls.map(({ context }) => context.idempotencyKey)).size).toBe(1);
    expect(model.calls.map(({ turn }) => turn)).toEqual([1, 2, 2]);
    expect(test.crashes).toBe(2);
  });

  it('after a sub-agent has ended, or while a user is asked, is not noticed', async () => {
    await using test = await open({
      agents: [support],
      models: {
        support: scriptedModel([callAgent(billing, 'Refund order 1.'), say('Done.')]),
        billing: scriptedModel([askUser('Sure?'), say('Refunded.')]),
      },
    });
    test.crashAfter('agent billing');
    const run = await test.start(support, { input: 'Refund order 1.' });
    await run.until('input_requested');
    test.crash();
    await run.reply('Yes');
    await expect(run).toHaveCompletedWith('Done.');
    expect(test.crashes).toBe(2);
  });
});

describe('payload codecs', () => {
  it('do not hide what happens', async () => {
    const flip = (data: Uint8Array): Uint8Array => data.map((byte) => byte ^ 0xff);
    const codec = {
      encode: async (payloads: { data?: Uint8Array | null }[]) =>
        payloads.map((p) => ({ ...p, data: flip(p.data ?? new Uint8Array()) })),
      decode: async (payloads: { data?: Uint8Array | null }[]) =>
        payloads.map((p) => ({ ...p, data: flip(p.data ?? new Uint8Array()) })),
    };
    const model = scriptedModel([
      callTools([callTool(lookupOrder, { orderId: '1' }), callTool(lookupOrder, { orderId: '2' })]),
      say('Shipped.'),
    ]);
    await using test = await open({
      agents: [support],
      model,
      tools: [fakeTool(lookupOrder, inOrder([{ status: 'shipped' }, { status: 'lost' }]))],
      client: { dataConverter: { payloadCodecs: [codec] } },
    });
    test.crashAfter('tool lookup_order 2');
    const run = await test.start(support, { input: 'Hi' });
    await expect(run).toHaveCompletedWith('Shipped.');
    await expect(run).toHaveCalledToolTimes('lookup_order', 2);
  });
});
