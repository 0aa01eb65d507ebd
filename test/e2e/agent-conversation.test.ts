import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConversationCache } from '../../src/agent/conversation/cache.ts';
import { readConversation } from '../../src/agent/conversation/read-conversation.ts';
import { createBullmqEngine } from '../../src/engines/bullmq/index.ts';
import { conversationScenario, expected } from '../agent/conversation/scenario.ts';
import { redisUrl } from '../engines/bullmq/support.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

/** Where runs are. */
interface Place {
  readonly client: Client;
  createWorker(options: WorkerOptions): Promise<Pick<Worker, 'runUntil'>>;
  close(): Promise<void>;
}

async function temporal(): Promise<Place> {
  const connection = await Connection.connect({ address: address ?? '' });
  const nativeConnection = await NativeConnection.connect({ address: address ?? '' });
  return {
    client: new Client({ connection }),
    createWorker: (options) => Worker.create({ ...options, connection: nativeConnection }),
    close: async () => {
      await nativeConnection.close();
      await connection.close();
    },
  };
}

async function redis(): Promise<Place> {
  const options = { redis: redisUrl ?? '', namespace: `conversation-${randomUUID()}` };
  const [web, engine] = await Promise.all([createBullmqEngine(options), createBullmqEngine(options)]);
  return {
    client: web.client,
    createWorker: (workerOptions) => engine.createWorker(workerOptions),
    close: async () => {
      await engine.close();
      await web.close();
    },
  };
}

describe.each([
  { name: 'a Temporal server', isThere: address !== undefined, open: temporal },
  { name: 'Redis', isThere: redisUrl !== undefined, open: redis },
])('a conversation on $name', ({ isThere, open }) => {
  let place: Place;
  let client: Client;

  beforeAll(async () => {
    if (!isThere) return;
    place = await open();
    ({ client } = place);
  });
  afterAll(() => place?.close());

  /** Model calls read through the worker's native connection, the test through that of the client. */
  async function prepare() {
    const workflowsPath = fileURLToPath(new URL('../agent/conversation/workflows/conversation.ts', import.meta.url));
    const scenario = conversationScenario();
    const taskQueue = `conversation-${randomUUID()}`;
    const worker = await place.createWorker({
      taskQueue,
      workflowBundle: await bundleWorkflowCode({ workflowsPath }),
      activities: scenario.activities,
    });
    return { ...scenario, worker, taskQueue, workflowId: taskQueue };
  }

  it.skipIf(!isThere)('is read from its history, over all runs of its chain', async () => {
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

  it.skipIf(!isThere)('is lost when the run that it began in is gone', async () => {
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
