import assert from 'node:assert/strict';
import { CompleteAsyncError, activityInfo } from '@temporalio/activity';
import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import type { AsyncCompletionClient } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { deferred, errorOf } from '../support.ts';
import { callOne, cancelCall, cancelThatCall } from '../workflows/activities.ts';

interface Pending {
  readonly token: Uint8Array;
  readonly id: { readonly workflowId: string; readonly activityId: string };
  readonly completion: AsyncCompletionClient;
  readonly result: () => Promise<unknown>;
  readonly cancel: () => Promise<void>;
  readonly started: number;
}

const options = { startToCloseTimeout: '5s', heartbeatTimeout: '3s', retry: { maximumAttempts: 1 } } as const;

/** A workflow whose activity is running and will be completed from outside. */
async function pending(t: ScenarioContext, limits: object = options): Promise<Pending> {
  const tokens = deferred<Uint8Array>();
  let started = 0;
  const later = async (): Promise<never> => {
    started += 1;
    tokens.resolve(activityInfo().taskToken);
    throw new CompleteAsyncError();
  };
  await t.startWorker({ activities: { later } });
  const call = { type: 'later', options: limits };
  const handle = await t.start(cancelThatCall, { args: [call, 'WAIT_CANCELLATION_COMPLETED'] });
  return {
    token: await tokens.promise,
    id: { workflowId: handle.workflowId, activityId: '1' },
    completion: t.client.activity as unknown as AsyncCompletionClient,
    result: () => handle.result(),
    cancel: () => handle.signal(cancelCall),
    get started() {
      return started;
    },
  };
}

const inner = (outcome: unknown): Record<string, unknown> =>
  (outcome as { failure: Record<string, unknown>[] }).failure[1] ?? {};

/** Activities that somebody else completes, by task token and by id. */
export const asyncCompletion: readonly Scenario[] = topic('async-completion', [
  scenario('complete by token', async (t) => {
    const { completion, token, result } = await pending(t);
    await completion.complete(token, { from: 'outside' });
    assert.deepEqual(await result(), { result: { from: 'outside' } });
  }),
  scenario('complete by id', async (t) => {
    const { completion, id, result } = await pending(t);
    await completion.complete(id, [1]);
    assert.deepEqual(await result(), { result: [1] });
  }),
  scenario('fail by token', async (t) => {
    const { completion, token, result } = await pending(t);
    await completion.fail(token, ApplicationFailure.create({ message: 'from outside', type: 'Outside', details: [1] }));
    assert.deepEqual(inner(await result())['type'], 'Outside');
  }),
  scenario('fail by id', async (t) => {
    const { completion, id, result } = await pending(t);
    await completion.fail(id, new RangeError('from outside'));
    assert.deepEqual(inner(await result())['message'], 'from outside');
  }),
  scenario('heartbeat by token and by id', async (t) => {
    const { completion, token, id, result } = await pending(t);
    const details = async (): Promise<string> => {
      const { raw } = await t.client.workflow.getHandle(id.workflowId).describe();
      return Buffer.from(raw.pendingActivities?.[0]?.heartbeatDetails?.payloads?.[0]?.data ?? []).toString();
    };
    await completion.heartbeat(token, 'by token');
    assert.equal(await details(), '"by token"');
    await completion.heartbeat(id, 'by id');
    assert.equal(await details(), '"by id"');
    await completion.complete(token, 'alive');
    assert.deepEqual(await result(), { result: 'alive' });
  }),
  scenario('a heartbeat tells of a cancellation, which can be confirmed by token', async (t) => {
    const { completion, token, result, cancel } = await pending(t);
    await completion.heartbeat(token);
    await cancel();
    await t.eventually(async () => (await errorOf(completion.heartbeat(token))) instanceof ActivityCancelledError);
    await completion.reportCancellation(token, 'details');
    assert.equal(inner(await result())['name'], 'CancelledFailure');
  }),
  scenario('a heartbeat tells of a cancellation, which can be confirmed by id', async (t) => {
    const { completion, id, result, cancel } = await pending(t);
    await cancel();
    await t.eventually(async () => (await errorOf(completion.heartbeat(id))) instanceof ActivityCancelledError);
    await completion.reportCancellation(id);
    assert.equal(inner(await result())['name'], 'CancelledFailure');
  }),
  scenario('what is complete cannot be completed again', async (t) => {
    const { completion, token, id, result } = await pending(t);
    await completion.complete(token, 'first');
    await result();
    const again = [
      () => completion.complete(token, 'second'),
      () => completion.complete(id, 'second'),
      () => completion.fail(token, new Error('second')),
      () => completion.heartbeat(token),
      () => completion.reportCancellation(id),
    ];
    for (const call of again) assert.ok((await errorOf(call())) instanceof ActivityNotFoundError);
  }),
  scenario('an id that nobody has is not found', async (t) => {
    const { completion, token, id, result } = await pending(t);
    const unknown = { ...id, activityId: 'unknown' };
    assert.ok((await errorOf(completion.complete(unknown, 1))) instanceof ActivityNotFoundError);
    await completion.complete(token, 'done');
    await result();
  }),
  scenario('a failure from outside is retried by the policy', async (t) => {
    const attempt = { ...options, retry: { initialInterval: '20ms', maximumAttempts: 2 } };
    const activity = await pending(t, attempt);
    await activity.completion.fail(activity.token, new Error('first'));
    await t.eventually(() => activity.started === 2);
    await activity.completion.complete(activity.id, 'second');
    assert.deepEqual(await activity.result(), { result: 'second' });
  }),
  scenario('timeouts hold for it as well', async (t) => {
    const { completion, token, result } = await pending(t, {
      startToCloseTimeout: '150ms',
      retry: { maximumAttempts: 1 },
    });
    assert.equal(inner(await result())['timeoutType'], 'START_TO_CLOSE');
    assert.ok((await errorOf(completion.complete(token, 'late'))) instanceof ActivityNotFoundError);
  }),
  scenario('completing before anybody took the activity works by id', async (t) => {
    await t.startWorker();
    const call = { type: 'any', options: { startToCloseTimeout: '5s', taskQueue: `${t.taskQueue}-nobody` } as const };
    const handle = await t.start(callOne, { args: [call] });
    await t.waitForEvent(handle, 'ActivityTaskScheduled');
    const completion = t.client.activity as unknown as AsyncCompletionClient;
    await completion.complete({ workflowId: handle.workflowId, activityId: '1' }, 'early');
    assert.deepEqual(await handle.result(), { result: 'early' });
  }),
]);
