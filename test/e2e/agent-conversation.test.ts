import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationCache } from '../../src/agent/conversation/cache.ts';
import { readConversation } from '../../src/agent/conversation/read-conversation.ts';
import { conversationScenario, expected } from '../agent/conversation/scenario.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

describe.skipIf(address === undefined)('a conversation on a Temporal server', () => {
  let connection: Connection;
  let nativeConnection: NativeConnection;
  let client: Client;

  beforeAll(async () => {
    connection = await Connection.connect({ address: address ?? '' });
    nativeConnection = await NativeConnection.connect({ address: address ?? '' });
    client = new Client({ connection });
  });
  afterAll(async () => {
    await nativeConnection.close();
    await connection.close();
  });

  /** Model calls read through the worker's native connection, the test through that of the client. */
  async function prepare() {
    const workflowsPath = fileURLToPath(new URL('../agent/conversation/workflows/conversation.ts', import.meta.url));
    const scenario = conversationScenario();
    const taskQueue = `conversation-${randomUUID()}`;
    const worker = await Worker.create({
      connection: nativeConnection,
      taskQueue,
      workflowBundle: await bundleWorkflowCode({ workflowsPath }),
      activities: scenario.activities,
    });
    return { ...scenario, worker, taskQueue, workflowId: taskQueue };
  }

  it('is read from its history, over all runs of its chain', async () => {
    const { worker, taskQueue, workflowId, model } = await prepare();
    const run = client.workflow.execute('perdureAgent', {
      taskQueue,
      workflowId,
      args: [{ agent: 'support', input: '', metadata: { continueAt: { 1: 'run' } } }],
    });
    await expect(worker.runUntil(run)).resolves.toBe('All found.');
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    const read = await readConversation(client, { workflowId, runId }, { cache: new ConversationCache() });
    expect(read.messages).toMatchObject(expected);
    expect(model.asked.map(({ prompt }) => prompt.length)).toEqual([2, 4, 6]);
  });

  it('is lost when the run that it began in is gone', async () => {
    const { worker, taskQueue, workflowId } = await prepare();
    const gone = randomUUID();
    const carried = {
      definition: {},
      conversation: { type: 'run', workflowId, runId: gone },
      state: { step: 1, delta: [] },
    };
    const run = client.workflow.execute('perdureAgent', {
      taskQueue,
      workflowId,
      args: [{ agent: 'support', input: '', carried }],
    });
    const failed = worker.runUntil(run).catch((error: Error) => error.cause);
    await expect(failed).resolves.toMatchObject({
      cause: { type: 'ConversationLost', nonRetryable: true, message: expect.stringContaining(gone) },
    });
  });
});
