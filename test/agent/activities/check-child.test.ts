import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PerdureWorker } from '../../../src/index.ts';
import { checkChild } from '../../../src/agent/activities/check-child.ts';
import { createTestEnvironment, type TestEnvironment } from '../../../testing/index.ts';
import { mockActivity } from '../support.ts';

const taskQueue = 'children';
let environment: TestEnvironment;
let worker: PerdureWorker;
let running: Promise<void>;

beforeAll(async () => {
  environment = await createTestEnvironment();
  const workflowsPath = fileURLToPath(new URL('../workflows/children.ts', import.meta.url));
  worker = await environment.createWorker({ taskQueue, workflowsPath });
  running = worker.run();
}, 60_000);

afterAll(async () => {
  worker.shutdown();
  await running;
  await environment.teardown();
});

/** What the activity says of a child that was told to end so. */
async function check(workflowId: string): Promise<unknown> {
  return mockActivity({}, { client: environment.client }).run(checkChild, workflowId);
}

async function start(end: string): Promise<string> {
  const options = { taskQueue, workflowId: `child-${end}`, args: [end] };
  const handle = await environment.client.workflow.start('child', options);
  if (end !== 'wait') await handle.result().catch(() => undefined);
  return handle.workflowId;
}

describe('agent.checkChild', () => {
  it('says how a child ended, also in a later run', async () => {
    expect(await check(await start('complete'))).toEqual({ type: 'completed', result: 'paid' });
    expect(await check(await start('continue'))).toEqual({ type: 'completed', result: 'paid' });
    expect(await check(await start('fail'))).toEqual({ type: 'failed', message: 'no such invoice' });
  });

  it('says what a failed one spent', async () => {
    expect(await check(await start('spend'))).toEqual({
      type: 'failed',
      message: 'too dear',
      spent: { steps: 2, toolCalls: 1, inputTokens: 20, outputTokens: 5, cachedInputTokens: 1, reasoningTokens: 2 },
    });
  });

  it('waits for one that runs', async () => {
    const workflowId = await start('wait');
    expect(await check(workflowId)).toBeNull();
    await environment.client.workflow.getHandle(workflowId).terminate('enough');
    expect(await check(workflowId)).toMatchObject({ type: 'failed', message: expect.stringContaining('enough') });
  });

  it('counts one that nobody knows as failed', async () => {
    expect(await check('never-started')).toEqual({
      type: 'failed',
      message: 'The run never-started is gone: its history is not kept any more.',
    });
  });
});
