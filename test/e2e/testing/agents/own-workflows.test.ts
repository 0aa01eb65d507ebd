import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { callTool, fakeTool, inOrder, say, scriptedModel } from '../../../../testing/index.ts';
import type { AgentTest } from '../../../../testing/index.ts';
import { billing, lookupOrder, refund, support } from './agents.ts';
import type { Activities } from './own-workflows.ts';
import { open, prepare, problemsOf } from './support.ts';

beforeAll(prepare, 120_000);

async function execute(test: AgentTest, type: string): Promise<unknown> {
  const { taskQueue } = test;
  return await test.client.workflow.execute(type, { taskQueue, workflowId: randomUUID(), args: ['acme'] });
}

describe("authors' own workflows", () => {
  it('run with activities, and with mocks of activities and of child workflows', async () => {
    const activities: Activities = { charge: async () => 'receipt', ship: async () => 'shipped' };
    await using test = await open({ activities });
    test.mockChild('rateCustomer', async (customer: string) => `${customer} is fine`);
    await expect(execute(test, 'fulfil')).resolves.toEqual(['receipt', 'acme is fine', 'shipped']);
    test.mockActivities<Activities>({ ship: async (customer) => `lost on the way to ${customer}` });
    test.crashAfter('activity charge 2');
    await expect(execute(test, 'fulfil')).resolves.toEqual(['receipt', 'acme is fine', 'lost on the way to acme']);
  });

  it('fail where they call an activity that is not there', async () => {
    await using test = await open({});
    await expect(execute(test, 'fulfil')).rejects.toMatchObject({
      cause: { cause: { message: expect.stringContaining('There is no activity "charge" in this test') } },
    });
  });

  it('replay for every task when nothing is kept in memory', async () => {
    const activities: Activities = { charge: async () => 'receipt', ship: async () => 'shipped' };
    await using test = await open({ activities, workerOptions: { maxCachedWorkflows: 0 } });
    test.mockChild('rateCustomer', async () => 'fine');
    await expect(execute(test, 'fulfil')).resolves.toEqual(['receipt', 'fine', 'shipped']);
  });
});

describe('the end of a test', () => {
  it('tells of workflows that are not deterministic', async () => {
    const test = await open({ activities: { charge: async () => 'receipt' } });
    await execute(test, 'fickle');
    await expect(problemsOf(test)).resolves.toMatch(
      /^The test environment found a problem.\n\nThe history of run ".*" does not replay: its workflow is not deterministic\./,
    );
    const lenient = await open({ activities: { charge: async () => 'receipt' }, replay: false });
    await execute(lenient, 'fickle');
    await expect(problemsOf(lenient)).resolves.toBe('no problem');
  });

  it('tells of workflow code that fails', async () => {
    const test = await open({});
    await expect(execute(test, 'buggy')).rejects.toMatchObject({
      cause: { message: expect.stringContaining('x is not a function') },
    });
    await expect(problemsOf(test)).resolves.toContain("The workflow's code failed: x is not a function");
  });

  it('tells of all that was not in the script, once', async () => {
    const tool = fakeTool(lookupOrder, inOrder<{ status: string }>([]));
    const test = await open({
      agents: [support],
      model: scriptedModel([callTool(lookupOrder, { orderId: '1' })]),
      tools: [tool],
    });
    test.crashAfter('model 7');
    const run = await test.start(support, { input: 'Hi' });
    await expect(run.result()).rejects.toThrow('has no turn 2');
    const problems = await problemsOf(test);
    expect(problems).toContain('The test environment found');
    expect(problems).toContain("No worker got to 'model 7'");
    expect(problems).toContain('The fake tool "lookup_order" has 0 values');
    expect(problems).toContain('The script of model "scripted" has no turn 2');
    await expect(problemsOf(test)).resolves.toBe(problems);
  });

  it('says what happened when a run has ended without what was waited for', async () => {
    await using test = await open({ agents: [support], model: scriptedModel([say('Hello.')]) });
    const run = await test.start(support, { input: 'Hi' });
    await expect(run.until('input_requested')).rejects.toThrow(
      /^The run has ended without 'input_requested'\.\n\nWhat happened:\n {2}run_started .*support: Hi\n/,
    );
  });
});

describe('what is replaced', () => {
  it('has to be there', async () => {
    const model = scriptedModel([]);
    await expect(open({ agents: [support] })).rejects.toThrow(
      'models.support: in a test nobody should call openai/gpt-5-mini. Pass models: { support: scriptedModel([…]) }, or a model object.',
    );
    await expect(open({ agents: [support], model, models: { shipping: model } })).rejects.toThrow(
      'models.shipping: no agent has this name. There are: billing, support.',
    );
    await expect(open({ agents: [billing], model, tools: [fakeTool(lookupOrder, { status: '' })] })).rejects.toThrow(
      'tools.lookup_order: no tool has this name. There are: refund.',
    );
    await expect(open({ model, tools: [fakeTool(refund, '')] })).rejects.toThrow('There are no tools.');
  });
});
