import assert from 'node:assert/strict';
import { ApplicationFailure, Context, activityInfo } from '@temporalio/activity';
import type { ActivityOptions } from '@temporalio/workflow';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { deferred } from '../support.ts';
import { callOne } from '../workflows/activities.ts';

const retry = { initialInterval: '20ms', backoffCoefficient: 1 } as const;
const quick = { maxHeartbeatThrottleInterval: 20, defaultHeartbeatThrottleInterval: 20 } as const;

/** Never ends by itself; ends at once when the worker shuts down or the attempt is over. */
async function hang(): Promise<void> {
  await Context.current().cancelled;
}

/** Hangs in the first attempts. */
async function hangUntil(attempt: number): Promise<unknown> {
  if (activityInfo().attempt < attempt) return await hang();
  return [activityInfo().attempt, activityInfo().heartbeatDetails ?? null];
}

/** Reports and hangs in the first attempts. */
async function beatAndHangUntil(attempt: number, ...details: unknown[]): Promise<unknown> {
  if (activityInfo().attempt < attempt) {
    for (const detail of details) Context.current().heartbeat(detail);
    return await hang();
  }
  return [activityInfo().attempt, activityInfo().heartbeatDetails ?? null];
}

type Failure = readonly Record<string, unknown>[];

async function call(t: ScenarioContext, type: string, options: ActivityOptions, ...args: unknown[]): Promise<unknown> {
  return await t.execute(callOne, { args: [{ type, args, options }] });
}

async function failure(
  t: ScenarioContext,
  type: string,
  options: ActivityOptions,
  ...args: unknown[]
): Promise<Failure> {
  return ((await call(t, type, options, ...args)) as { failure: Failure }).failure;
}

/** The four timeouts of activities, heartbeats and their details. */
export const activityTimeouts: readonly Scenario[] = topic('activity-timeouts', [
  scenario('startToClose ends a single attempt', async (t) => {
    await t.startWorker({ activities: { hang } });
    const [outer, inner] = await failure(t, 'hang', { startToCloseTimeout: '100ms', retry: { maximumAttempts: 1 } });
    assert.equal(outer?.['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(inner?.['name'], 'TimeoutFailure');
    assert.equal(inner?.['timeoutType'], 'START_TO_CLOSE');
  }),
  scenario('after startToClose the activity is tried again', async (t) => {
    await t.startWorker({ activities: { hangUntil } });
    const result = await call(t, 'hangUntil', { startToCloseTimeout: '2s', retry }, 2);
    assert.deepEqual(result, { result: [2, null] });
  }),
  scenario('startToClose that strikes in every attempt', async (t) => {
    await t.startWorker({ activities: { hang } });
    const options = { startToCloseTimeout: '100ms', retry: { ...retry, maximumAttempts: 2 } } as const;
    const [outer, inner, ...rest] = await failure(t, 'hang', options);
    assert.equal(outer?.['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(inner?.['timeoutType'], 'START_TO_CLOSE');
    assert.deepEqual(rest, []);
  }),
  scenario('a timeout type in the policy is not retried', async (t) => {
    await t.startWorker({ activities: { hang } });
    const policy = { ...retry, nonRetryableErrorTypes: ['TemporalTimeout:StartToClose'] };
    const [outer] = await failure(t, 'hang', { startToCloseTimeout: '100ms', retry: policy });
    assert.equal(outer?.['retryState'], 'NON_RETRYABLE_FAILURE');
  }),
  scenario('scheduleToStart strikes when nobody takes the activity', async (t) => {
    await t.startWorker();
    const options = {
      taskQueue: `${t.taskQueue}-nobody`,
      startToCloseTimeout: '10s',
      scheduleToStartTimeout: '100ms',
    } as const;
    const [outer, inner] = await failure(t, 'any', options);
    assert.equal(outer?.['retryState'], 'NON_RETRYABLE_FAILURE');
    assert.equal(inner?.['timeoutType'], 'SCHEDULE_TO_START');
  }),
  scenario('scheduleToClose limits how long nobody takes the activity', async (t) => {
    await t.startWorker();
    const options = { taskQueue: `${t.taskQueue}-nobody`, scheduleToCloseTimeout: '100ms' } as const;
    const [outer, inner] = await failure(t, 'any', options);
    assert.equal(outer?.['retryState'], 'NON_RETRYABLE_FAILURE');
    assert.equal(inner?.['timeoutType'], 'SCHEDULE_TO_START');
  }),
  scenario('scheduleToClose strikes while the activity runs', async (t) => {
    await t.startWorker({ activities: { hang } });
    const [outer, inner] = await failure(t, 'hang', { startToCloseTimeout: '10s', scheduleToCloseTimeout: '2s' });
    assert.equal(outer?.['name'], 'ActivityFailure');
    assert.equal(inner?.['name'], 'TimeoutFailure');
  }),
  scenario('scheduleToClose leaves no room for another attempt', async (t) => {
    const fail = async (): Promise<void> => {
      throw ApplicationFailure.create({ message: 'each time', type: 'Always' });
    };
    await t.startWorker({ activities: { fail } });
    const options = { scheduleToCloseTimeout: '3s', retry: { initialInterval: '10s' } } as const;
    const [outer, inner] = await failure(t, 'fail', options);
    assert.equal(outer?.['retryState'], 'TIMEOUT');
    assert.equal(inner?.['message'], 'each time');
  }),
  scenario('an activity without heartbeats meets its heartbeat timeout', async (t) => {
    await t.startWorker({ activities: { hang } });
    const options = { startToCloseTimeout: '10s', heartbeatTimeout: '150ms', retry: { maximumAttempts: 1 } } as const;
    const [outer, inner] = await failure(t, 'hang', options);
    assert.equal(outer?.['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(inner?.['timeoutType'], 'HEARTBEAT');
    assert.equal(inner?.['lastHeartbeatDetails'], undefined);
  }),
  scenario('heartbeats keep an activity alive', async (t) => {
    const beat = async (): Promise<string> => {
      for (let i = 0; i < 16; i++) {
        Context.current().heartbeat(i);
        await t.sleep(150);
      }
      return 'alive';
    };
    await t.startWorker({ activities: { beat }, ...quick });
    const options = { startToCloseTimeout: '10s', heartbeatTimeout: '2s', retry: { maximumAttempts: 1 } } as const;
    assert.deepEqual(await call(t, 'beat', options), { result: 'alive' });
  }),
  scenario('the last details reach the next attempt', async (t) => {
    await t.startWorker({ activities: { beatAndHangUntil }, ...quick });
    const options = { startToCloseTimeout: '10s', heartbeatTimeout: '2s', retry } as const;
    assert.deepEqual(await call(t, 'beatAndHangUntil', options, 2, { page: 7 }), { result: [2, { page: 7 }] });
  }),
  scenario('the last details are in the failure', async (t) => {
    await t.startWorker({ activities: { beatAndHangUntil }, ...quick });
    const options = { startToCloseTimeout: '10s', heartbeatTimeout: '2s', retry: { maximumAttempts: 1 } } as const;
    const [, inner] = await failure(t, 'beatAndHangUntil', options, 9, 'so far');
    assert.equal(inner?.['timeoutType'], 'HEARTBEAT');
    assert.deepEqual(inner?.['lastHeartbeatDetails'], 'so far');
  }),
  scenario('details outlast a failed attempt', async (t) => {
    const beatAndFail = async (): Promise<unknown> => {
      if (activityInfo().attempt === 2) return activityInfo().heartbeatDetails;
      Context.current().heartbeat(['step', 3]);
      throw ApplicationFailure.create({ message: 'after the heartbeat' });
    };
    await t.startWorker({ activities: { beatAndFail }, ...quick });
    const options = { startToCloseTimeout: '10s', heartbeatTimeout: '5s', retry } as const;
    assert.deepEqual(await call(t, 'beatAndFail', options), { result: ['step', 3] });
  }),
  scenario('the answer of an attempt that timed out is not taken', async (t) => {
    const over = deferred();
    const slow = async (): Promise<string> => {
      await over.promise;
      return 'late';
    };
    const worker = await t.startWorker({ activities: { slow } });
    const [outer] = await failure(t, 'slow', { startToCloseTimeout: '150ms', retry: { maximumAttempts: 1 } });
    assert.equal(outer?.['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    over.resolve();
    // A worker ends when all its answers were given.
    await worker.stop();
  }),
]);
