import assert from 'node:assert/strict';
import { ApplicationFailure, Context, activityInfo } from '@temporalio/activity';
import { QueryNotRegisteredError } from '@temporalio/client';
import type { WorkflowUpdateHandle } from '@temporalio/client';
import { memo, payloads, refusalOf, signalByHand, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { errorOf, gates } from '../support.ts';
import { callOne } from '../workflows/activities.ts';
import { collect, finish, waitForever } from '../workflows/messages.ts';
import { answerAtGate } from '../workflows/queries.ts';
import { go, takeUpdates, waitForGo } from '../workflows/updates.ts';

const MB = 1024 * 1024;
const text = 'x'.repeat(2 * MB + 1);
const once = { startToCloseTimeout: '5s', retry: { maximumAttempts: 1 } } as const;

const failed = {
  name: 'ActivityFailure',
  message: 'Activity task failed',
  activityType: 'big',
  activityId: '1',
  retryState: 'NON_RETRYABLE_FAILURE',
};

function failure(outcome: unknown): unknown {
  return (outcome as { failure: unknown[] }).failure;
}

const large = { code: 'INVALID_ARGUMENT', details: 'Blob data size exceeds limit.' };

/** What a server takes, and what it says of more. */
export const limits: readonly Scenario[] = topic('limits', [
  scenario('values of more than 2 MB are refused', async (t) => {
    const input = payloads(text);
    const { workflowId } = await t.start(waitForever);
    const by = { namespace: t.namespace, workflowType: { name: 'nothing' }, taskQueue: { name: t.taskQueue } };
    const calls: Record<string, () => Promise<unknown>> = {
      start: () => startByHand(t, { input }),
      signal: () => signalByHand(t, workflowId, { signalName: 'any', input }),
      startBySignal: () =>
        t.raw.signalWithStartWorkflowExecution({
          ...by,
          workflowId: t.workflowId(),
          signalName: 'x',
          input,
        }),
      signalWithStart: () =>
        t.raw.signalWithStartWorkflowExecution({
          ...by,
          workflowId: t.workflowId(),
          signalName: 'x',
          signalInput: input,
        }),
      query: () =>
        t.raw.queryWorkflow({
          namespace: t.namespace,
          execution: { workflowId },
          query: { queryType: 'any', queryArgs: input },
        }),
    };
    for (const [name, call] of Object.entries(calls)) assert.deepEqual(await refusalOf(call()), large, name);
    assert.deepEqual(await refusalOf(startByHand(t, { memo: memo({ text }) })), {
      code: 'INVALID_ARGUMENT',
      details: 'Memo size exceeds limit.',
    });
    assert.equal((await t.history({ workflowId })).length, 2);
  }),
  scenario('a result of more than 2 MB fails its activity', async (t) => {
    await t.startWorker({ activities: { big: async () => text } });
    assert.deepEqual(failure(await t.execute(callOne, { args: [{ type: 'big', options: once }] })), [
      failed,
      { name: 'ServerFailure', message: 'Complete result exceeds size limit.', nonRetryable: true },
    ]);
  }),
  scenario('a failure of more than 2 MB is cut', async (t) => {
    const big = async (): Promise<never> => {
      throw ApplicationFailure.create({
        message: 'large',
        type: 'Large',
        details: [text],
        cause: ApplicationFailure.create({ message: 'why' }),
      });
    };
    await t.startWorker({ activities: { big } });
    assert.deepEqual(failure(await t.execute(callOne, { args: [{ type: 'big', options: once }] })), [
      failed,
      { name: 'ServerFailure', message: 'Failure exceeds size limit.', nonRetryable: true },
      { name: 'ApplicationFailure', message: 'large', type: 'Large', nonRetryable: false },
      // Details are let go, of causes too.
      { name: 'ApplicationFailure', message: 'why', type: '', nonRetryable: false },
    ]);
  }),
  scenario('a heartbeat of more than 2 MB fails its activity, and cancels it', async (t) => {
    let seen = '';
    const big = async (): Promise<void> => {
      Context.current().heartbeat(text);
      await Context.current().cancelled.catch((error: unknown) => void (seen = (error as Error).message));
    };
    await t.startWorker({ activities: { big } });
    assert.deepEqual(failure(await t.execute(callOne, { args: [{ type: 'big', options: once }] })), [
      failed,
      { name: 'ServerFailure', message: 'Heartbeat details exceed size limit.', nonRetryable: true },
    ]);
    await t.eventually(() => assert.equal(seen, 'CANCELLED'));
  }),
  scenario('of a failed attempt that is followed by another, 4 kB are kept', async (t) => {
    const big = async (): Promise<string> => {
      if (activityInfo().attempt > 1) return 'done';
      throw ApplicationFailure.create({ message: 'large', type: 'Large', details: ['x'.repeat(4 * 1024)] });
    };
    await t.startWorker({ activities: { big } });
    const options = { startToCloseTimeout: '5s', retry: { initialInterval: '20ms' } } as const;
    assert.deepEqual(await t.execute(callOne, { args: [{ type: 'big', options }] }), { result: 'done' });
  }),
  scenario(
    'an answer to a query of more than 2 MB fails the query',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(collect, { args: ['x'.repeat(MB)] });
      await t.waitForEvent(handle, 'WorkflowTaskCompleted');
      await handle.signal('add', 'y'.repeat(MB));
      await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
      const error = await errorOf(handle.query('list'));
      assert.ok(error instanceof QueryNotRegisteredError);
      assert.equal(error.message, large.details);
      await handle.terminate();
    },
    { history: { compare: 'none', reason: 'it is large' } },
  ),
  scenario('a task is given up when more than 100 events wait for its end', async (t) => {
    const gate = gates();
    const worker = await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(answerAtGate, { workflowTaskTimeout: '1 minute' });
    await gate.reached('out');
    for (let i = 0; i < 100; i++) await handle.signal('note', i);
    assert.equal((await t.history(handle)).length, 3);
    await handle.signal('note', 100);
    await t.waitForEvent(handle, 'WorkflowTaskFailed');
    gate.open('out');
    await handle.signal(finish);
    await handle.result();
    await worker.stop();
  }),
  scenario(
    'of more than 10 updates at once, the others wait their turn',
    async (t) => {
      await t.startWorker();
      const handle = await t.start(takeUpdates);
      const begin = (i: number): Promise<WorkflowUpdateHandle<string>> =>
        handle.startUpdate(waitForGo, { args: [`${i}`], waitForStage: 'ACCEPTED' });
      const updates = await Promise.all(Array.from({ length: 10 }, (_, i) => begin(i)));
      let isAccepted = false;
      const eleventh = begin(10).then((update) => ((isAccepted = true), update));
      await t.sleep(500);
      assert.equal(isAccepted, false);
      await handle.signal(go);
      assert.deepEqual(
        await Promise.all(updates.map((update) => update.result())),
        Array.from({ length: 10 }, (_, i) => `${i}`),
      );
      assert.equal(await (await eleventh).result(), '10');
      await handle.signal(finish);
      await handle.result();
    },
    { history: { compare: 'none', reason: 'how many updates share a task is a matter of time' } },
  ),
  scenario('ids are measured in bytes', async (t) => {
    await t.start(waitForever, { workflowId: `${t.workflowId()}${'é'.repeat(400)}` });
    assert.deepEqual(await refusalOf(startByHand(t, { workflowId: 'é'.repeat(501) })), {
      code: 'INVALID_ARGUMENT',
      details: 'WorkflowId length exceeds limit.',
    });
  }),
  scenario('a request has at most ten links', async (t) => {
    const link = { workflowEvent: { namespace: t.namespace, workflowId: 'w', runId: 'r' } };
    assert.deepEqual(await refusalOf(startByHand(t, { links: Array.from({ length: 11 }, () => link) })), {
      code: 'INVALID_ARGUMENT',
      details: 'cannot attach more than 10 links per request, got 11',
    });
  }),
]);
