import { fileURLToPath } from 'node:url';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { bundleWorkflowCode, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConversationCache } from '../../src/agent/conversation/cache.ts';
import { readConversation } from '../../src/agent/conversation/read-conversation.ts';
import { conversationScenario, expected } from '../agent/conversation/scenario.ts';

/** Nothing can be read without it. */
const scrambling: PayloadCodec = {
  encode: async (payloads) => payloads.map(scramble),
  decode: async (payloads) => payloads.map(scramble),
};

function scramble({ metadata, data }: Payload): Payload {
  return { metadata: metadata ?? {}, data: Uint8Array.from(data ?? [], (byte) => byte ^ 0x55) };
}

describe('the conversation of a real run', () => {
  const environments: TestEnvironment[] = [];
  let workflowBundle: WorkflowBundleWithSourceMap;

  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../agent/conversation/workflows/conversation.ts', import.meta.url));
    workflowBundle = await bundleWorkflowCode({ workflowsPath });
  }, 60_000);
  afterEach(async () => {
    await Promise.all(environments.splice(0).map((env) => env.teardown()));
  });

  async function run(metadata: object = {}, codecs: PayloadCodec[] = []) {
    const { activities, model, executed } = conversationScenario();
    const dataConverter = { payloadCodecs: codecs };
    const env = await createTestEnvironment({ client: { dataConverter } });
    environments.push(env);
    const worker = await env.createWorker({
      taskQueue: 'test',
      workflowBundle,
      dataConverter,
      activities,
    });
    const handle = await env.client.workflow.start('perdureAgent', {
      taskQueue: 'test',
      workflowId: 'orders',
      args: [{ agent: 'support', input: 'Where are they?', metadata }],
    });
    return { env, worker, handle, model, executed };
  }

  it.each([
    ['as it is', []],
    ['through a codec', [scrambling]],
  ])('is read from its history, %s', async (_, codecs) => {
    const { env, worker, handle, model, executed } = await run({}, codecs);
    await expect(worker.runUntil(handle.result())).resolves.toBe('All found.');
    expect(executed).toEqual(['s1.1', 's1.2', 's2.1']);
    const { runId } = await handle.describe();
    const cache = new ConversationCache();
    const read = await readConversation(env.client, { workflowId: 'orders', runId }, { cache });
    expect(read.messages).toMatchObject(expected);
    expect(read.definition).toMatchObject({ name: 'support', instructions: 'Help.' });
    // Each call of the model was given what came before, and nothing twice.
    expect(model.asked.map(({ prompt }) => prompt.map(({ role }) => role).join(' '))).toEqual([
      'system user',
      'system user assistant tool',
      'system user assistant tool assistant tool',
    ]);
    const upToSecond = await readConversation(env.client, { workflowId: 'orders', runId }, { cache, upTo: 2 });
    expect(upToSecond.messages).toMatchObject(expected.slice(0, 3));
    const { events } = await handle.fetchHistory();
    const stored = events?.map(({ activityTaskCompletedEventAttributes: completed }) =>
      Buffer.from(completed?.result?.payloads?.[0]?.data ?? []).toString(),
    );
    expect(stored?.some((data) => data.includes('Looking.'))).toBe(codecs.length === 0);
  });

  it('goes on in the run that continues it', async () => {
    const { env, worker, handle, model } = await run({ continueAt: { 1: 'run', 2: 'run' } });
    await expect(worker.runUntil(handle.result())).resolves.toBe('All found.');
    const { runId } = await env.client.workflow.getHandle('orders').describe();
    expect(runId).not.toBe(handle.firstExecutionRunId);
    const read = await readConversation(
      env.client,
      { workflowId: 'orders', runId },
      { cache: new ConversationCache() },
    );
    expect(read.messages).toMatchObject(expected);
    expect(model.asked[2]?.prompt).toHaveLength(6);
  });

  it('goes on by value, with results that stand in the run before', async () => {
    const { env, worker, handle } = await run({ continueAt: { 1: 'messages' } });
    await expect(worker.runUntil(handle.result())).resolves.toBe('All found.');
    const { runId } = await env.client.workflow.getHandle('orders').describe();
    const read = await readConversation(
      env.client,
      { workflowId: 'orders', runId },
      { cache: new ConversationCache() },
    );
    expect(read.messages.slice(0, 2)).toMatchObject([
      { role: 'user', content: [{ text: 'Carried.' }] },
      { role: 'tool', content: [{ output: { value: 'result of s1.1' } }, { output: { type: 'error' } }] },
    ]);
  });

  it('is lost with the run before', async () => {
    const { env, worker, handle } = await run();
    const carried = {
      definition: {},
      conversation: { type: 'run', workflowId: 'orders', runId: '00000000-0000-4000-8000-000000000009' },
      state: { step: 1, delta: [] },
    };
    const result = handle.result().then(() =>
      env.client.workflow.execute('perdureAgent', {
        taskQueue: 'test',
        workflowId: 'another',
        args: [{ agent: 'support', input: '', carried }],
      }),
    );
    const failed = worker.runUntil(result).catch((error: Error) => error.cause);
    await expect(failed).resolves.toMatchObject({
      cause: { type: 'ConversationLost', nonRetryable: true, message: expect.stringContaining('000000000009') },
    });
  });

  it('is read further, and not again, while it grows', async () => {
    const { env, worker, handle } = await run({ pauseAt: 1 });
    const cache = new ConversationCache();
    const { runId } = await handle.describe();
    const execution = { workflowId: 'orders', runId };
    const asked: (number | null | undefined)[] = [];
    const read = env.client.workflowService.getWorkflowExecutionHistoryReverse.bind(env.client.workflowService);
    env.client.workflowService.getWorkflowExecutionHistoryReverse = (async (request: { maximumPageSize?: number }) => {
      asked.push(request.maximumPageSize);
      return await read(request);
    }) as typeof read;
    const running = worker.runUntil(handle.result());
    await expect.poll(async () => (await readConversation(env.client, execution, { cache })).messages.length).toBe(2);
    await handle.signal('onwards');
    await running;
    const before = asked.length;
    const { messages } = await readConversation(env.client, execution, { cache });
    expect(messages).toMatchObject(expected);
    // A reader that knows nothing begins with a large page.
    expect(asked[0]).toBe(200);
    expect(asked[before]).toBe(32);
  });
});
