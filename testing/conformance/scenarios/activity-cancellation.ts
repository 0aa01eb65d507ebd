import assert from 'node:assert/strict';
import { ApplicationFailure, CancelledFailure, Context, sleep as activitySleep } from '@temporalio/activity';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext, ScenarioWorkerOptions } from '../scenario.ts';
import { deferred } from '../support.ts';
import { callInCancelledScope, cancelAtOnce, cancelCall, cancelThatCall } from '../workflows/activities.ts';
import type { Call } from '../workflows/activities.ts';

const quick = { maxHeartbeatThrottleInterval: 20, defaultHeartbeatThrottleInterval: 20 } as const;
const options = { startToCloseTimeout: '10s', heartbeatTimeout: '10s', retry: { maximumAttempts: 1 } } as const;
type Type = 'TRY_CANCEL' | 'WAIT_CANCELLATION_COMPLETED' | 'ABANDON';

/** An activity that heartbeats until it is cancelled, then does what `onCancel` says. */
function cancellable(onCancel: (error: CancelledFailure) => unknown): {
  running: Promise<void>;
  ended: Promise<void>;
  worker: ScenarioWorkerOptions;
} {
  const running = deferred();
  const ended = deferred();
  const beat = async (): Promise<unknown> => {
    running.resolve();
    try {
      for (;;) {
        Context.current().heartbeat('beat');
        await activitySleep(20);
      }
    } catch (error) {
      if (error instanceof CancelledFailure) return onCancel(error);
      throw error;
    } finally {
      ended.resolve();
    }
  };
  return { running: running.promise, ended: ended.promise, worker: { activities: { beat }, ...quick } };
}

function rethrow(error: Error): never {
  throw error;
}

async function cancelRunning(
  t: ScenarioContext,
  type: Type,
  onCancel: (error: CancelledFailure) => unknown,
): Promise<unknown> {
  const { running, ended, worker } = cancellable(onCancel);
  await t.startWorker(worker);
  const handle = await t.start(cancelThatCall, { args: [{ type: 'beat', options }, type] });
  await running;
  await handle.signal(cancelCall);
  const result = await handle.result();
  await ended;
  return result;
}

const names = (outcome: unknown): string[] =>
  (outcome as { failure: { name: string }[] }).failure.map(({ name }) => name);

async function cancelUnstarted(t: ScenarioContext, type: Type): Promise<unknown> {
  await t.startWorker();
  const call: Call = { type: 'any', options: { startToCloseTimeout: '10s', taskQueue: `${t.taskQueue}-nobody` } };
  const handle = await t.start(cancelThatCall, { args: [call, type] });
  await t.waitForEvent(handle, 'ActivityTaskScheduled');
  await handle.signal(cancelCall);
  return await handle.result();
}

async function atOnce(t: ScenarioContext, type: Type): Promise<string[]> {
  await t.startWorker({ activities: { any: async () => 'done' } });
  const handle = await t.start(cancelAtOnce, { args: [{ type: 'any' }, type] });
  const outcome = (await handle.result()) as { name: string }[];
  assert.ok(!(await t.eventTypes(handle)).includes('ActivityTaskScheduled'));
  return outcome.map(({ name }) => name);
}

/** The three cancellation types: of running activities, of waiting ones, of those not even sent. */
export const activityCancellation: readonly Scenario[] = topic('activity-cancellation', [
  scenario('try-cancel goes on at once and tells the activity', async (t) => {
    const outcome = await cancelRunning(t, 'TRY_CANCEL', rethrow);
    assert.equal((outcome as { cancelled: boolean }).cancelled, true);
    assert.deepEqual(names(outcome), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('wait waits until the activity says that it is cancelled', async (t) => {
    const outcome = await cancelRunning(t, 'WAIT_CANCELLATION_COMPLETED', rethrow);
    assert.deepEqual(names(outcome), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('wait takes the result of an activity that completes instead', async (t) => {
    const outcome = await cancelRunning(t, 'WAIT_CANCELLATION_COMPLETED', () => 'finished anyway');
    assert.deepEqual(outcome, { result: 'finished anyway' });
  }),
  scenario('wait takes the failure of an activity that fails instead', async (t) => {
    const outcome = await cancelRunning(t, 'WAIT_CANCELLATION_COMPLETED', () => {
      throw ApplicationFailure.create({ message: 'while cleaning up', type: 'CleanUp' });
    });
    assert.deepEqual(names(outcome), ['ActivityFailure', 'ApplicationFailure']);
  }),
  scenario('details of a cancellation arrive', async (t) => {
    const outcome = await cancelRunning(t, 'WAIT_CANCELLATION_COMPLETED', () => {
      throw new CancelledFailure('stopped', ['half', 2]);
    });
    assert.deepEqual(names(outcome), ['ActivityFailure', 'CancelledFailure']);
    assert.deepEqual((outcome as { failure: Record<string, unknown>[] }).failure[1]?.['details'], ['half', 2]);
  }),
  scenario('abandon goes on at once and tells nobody', async (t) => {
    const running = deferred();
    const finish = deferred<string>();
    const stay = async (): Promise<string> => {
      running.resolve();
      return await finish.promise;
    };
    await t.startWorker({ activities: { stay } });
    const handle = await t.start(cancelThatCall, { args: [{ type: 'stay' }, 'ABANDON'] });
    await running.promise;
    await handle.signal(cancelCall);
    assert.deepEqual(names(await handle.result()), ['ActivityFailure', 'CancelledFailure']);
    assert.ok(!(await t.eventTypes(handle)).includes('ActivityTaskCancelRequested'));
    finish.resolve('late');
  }),
  scenario('try-cancel of an activity that nobody took', async (t) => {
    assert.deepEqual(names(await cancelUnstarted(t, 'TRY_CANCEL')), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('wait for the cancellation of an activity that nobody took', async (t) => {
    assert.deepEqual(names(await cancelUnstarted(t, 'WAIT_CANCELLATION_COMPLETED')), [
      'ActivityFailure',
      'CancelledFailure',
    ]);
  }),
  scenario('scheduled and try-cancelled in one task leaves no trace', async (t) => {
    assert.deepEqual(await atOnce(t, 'TRY_CANCEL'), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('scheduled and cancelled with wait in one task leaves no trace', async (t) => {
    assert.deepEqual(await atOnce(t, 'WAIT_CANCELLATION_COMPLETED'), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('scheduled and abandoned in one task leaves no trace', async (t) => {
    assert.deepEqual(await atOnce(t, 'ABANDON'), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('a call in a cancelled scope is not made', async (t) => {
    await t.startWorker();
    const handle = await t.start(callInCancelledScope, { args: [{ type: 'any' }] });
    assert.deepEqual(
      ((await handle.result()) as { name: string }[]).map(({ name }) => name),
      ['CancelledFailure'],
    );
    assert.equal((await t.history(handle)).length, 5);
  }),
  scenario('cancelling an activity between two attempts ends it', async (t) => {
    const failed = deferred();
    const fail = async (): Promise<void> => {
      failed.resolve();
      throw ApplicationFailure.create({ message: 'first' });
    };
    await t.startWorker({ activities: { fail } });
    const call: Call = { type: 'fail', options: { startToCloseTimeout: '10s', retry: { initialInterval: '10s' } } };
    const handle = await t.start(cancelThatCall, { args: [call, 'WAIT_CANCELLATION_COMPLETED'] });
    await failed.promise;
    await t.eventually(
      async () => (await handle.describe()).raw.pendingActivities?.[0]?.lastFailure?.message === 'first',
    );
    await handle.signal(cancelCall);
    assert.deepEqual(names(await handle.result()), ['ActivityFailure', 'CancelledFailure']);
  }),
  scenario('cancelling the workflow cancels its activity', async (t) => {
    const { running, worker } = cancellable(rethrow);
    await t.startWorker(worker);
    const handle = await t.start(cancelThatCall, { args: [{ type: 'beat', options }, 'WAIT_CANCELLATION_COMPLETED'] });
    await running;
    await handle.cancel();
    assert.deepEqual(names(await handle.result()), ['ActivityFailure', 'CancelledFailure']);
  }),
]);
