import assert from 'node:assert/strict';
import { ApplicationFailure, Context, activityInfo, sleep as activitySleep } from '@temporalio/activity';
import { toMillis } from '../../../src/core/proto.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { deferred } from '../support.ts';
import { callAll, callEach, callOne, callWithoutTimeout, endWithoutWaiting } from '../workflows/activities.ts';
import type { Call } from '../workflows/activities.ts';

const retry = { initialInterval: '20ms', backoffCoefficient: 1 } as const;

/** Fails until the given attempt. */
async function succeedAt(attempt: number): Promise<number> {
  if (activityInfo().attempt < attempt)
    throw ApplicationFailure.create({ message: `attempt ${activityInfo().attempt}`, type: 'NotYet' });
  return activityInfo().attempt;
}

async function outcome(t: ScenarioContext, call: Call): Promise<Record<string, unknown>> {
  return (await t.execute(callOne, { args: [call] })) as Record<string, unknown>;
}

function link(value: unknown, index: number): Record<string, unknown> {
  return (value as { failure: Record<string, unknown>[] }).failure[index] ?? {};
}

/** Calls, results, retries. Timeouts, cancellation and asynchronous completion have files of their own. */
export const activities: readonly Scenario[] = topic('activities', [
  scenario('activities one after another', async (t) => {
    await t.startWorker({ activities: { double: async (x: number) => x * 2 } });
    const calls = [1, 2, 3].map((x) => ({ type: 'double', args: [x] }));
    assert.deepEqual(await t.execute(callEach, { args: [calls] }), [2, 4, 6]);
  }),
  scenario('arguments and results of every kind', async (t) => {
    await t.startWorker({
      activities: {
        pack: async (...args: unknown[]) => ({ args }),
        nothing: async () => undefined,
        none: async () => null,
      },
    });
    const calls: Call[] = [
      { type: 'pack', args: [1, 'two', null, [3], { four: 4 }] },
      { type: 'pack' },
      { type: 'nothing' },
      { type: 'none' },
    ];
    assert.deepEqual(await t.execute(callEach, { args: [calls] }), [
      { args: [1, 'two', null, [3], { four: 4 }] },
      { args: [] },
      'undefined',
      'undefined',
    ]);
  }),
  scenario('activities in parallel, finished in another order', async (t) => {
    const finish = [deferred<string>(), deferred<string>(), deferred<string>()];
    const taken = finish.map(() => deferred<undefined>());
    const wait = async (i: number): Promise<unknown> => {
      taken[i]?.resolve(undefined);
      return await finish[i]?.promise;
    };
    await t.startWorker({ activities: { wait } });
    const handle = await t.start(callAll, { args: [[0, 1, 2].map((i) => ({ type: 'wait', args: [i] }))] });
    await Promise.all(taken.map(({ promise }) => promise));
    await t.sleep(50);
    for (const [n, i] of [2, 0, 1].entries()) {
      finish[i]?.resolve(`result ${i}`);
      await t.waitForEvent(handle, 'WorkflowTaskCompleted', n + 2);
    }
    assert.deepEqual(await handle.result(), ['result 0', 'result 1', 'result 2']);
    // A start is written down with the end, but has the time at which a worker took the activity.
    const events = (await handle.fetchHistory()).events ?? [];
    const starts = events.filter((event) => event.activityTaskStartedEventAttributes);
    const firstEnd = events.find((event) => event.activityTaskCompletedEventAttributes);
    const waited = starts.map((start) => (toMillis(firstEnd?.eventTime) ?? 0) - (toMillis(start.eventTime) ?? 0));
    assert.ok(waited.length === 3 && waited.every((ms) => ms >= 45), `times are ${waited.join(', ')} ms apart`);
  }),
  scenario('an activity is asked for on another task queue', async (t) => {
    const taskQueue = `${t.taskQueue}-other`;
    await t.startWorker();
    await t.startWorker({ taskQueue, activities: { where: async () => activityInfo().taskQueue } });
    const options = { startToCloseTimeout: '10s', taskQueue } as const;
    assert.deepEqual(await outcome(t, { type: 'where', options }), { result: taskQueue });
  }),
  scenario('an activity may have an id and a summary', async (t) => {
    await t.startWorker({ activities: { id: async () => activityInfo().activityId } });
    const options = { startToCloseTimeout: '10s', activityId: 'my-id', summary: 'what it does' } as const;
    assert.deepEqual(await outcome(t, { type: 'id', options }), { result: 'my-id' });
  }),
  scenario('an activity knows about itself', async (t) => {
    const about = async (): Promise<unknown> => {
      const info = activityInfo();
      const {
        activityId,
        activityType,
        attempt,
        workflowType,
        workflowNamespace,
        isLocal,
        heartbeatDetails,
        taskQueue,
      } = info;
      return {
        activityId,
        activityType,
        attempt,
        workflowType,
        workflowNamespace,
        isLocal,
        heartbeatDetails,
        taskQueue,
        startToCloseTimeoutMs: info.startToCloseTimeoutMs,
        scheduleToCloseTimeoutMs: info.scheduleToCloseTimeoutMs,
        heartbeatTimeoutMs: info.heartbeatTimeoutMs,
        token: info.taskToken.length > 0,
        workflowId: info.workflowExecution?.workflowId,
        timely: info.currentAttemptScheduledTimestampMs >= info.scheduledTimestampMs,
      };
    };
    await t.startWorker({ activities: { about } });
    const workflowId = t.workflowId('about');
    const call: Call = {
      type: 'about',
      options: { startToCloseTimeout: '7s', scheduleToCloseTimeout: '8s', heartbeatTimeout: '3s' },
    };
    const { result } = (await t.execute(callOne, { workflowId, args: [call] })) as { result: unknown };
    assert.deepEqual(result, {
      activityId: '1',
      activityType: 'about',
      attempt: 1,
      workflowType: 'callOne',
      workflowNamespace: t.namespace,
      isLocal: false,
      startToCloseTimeoutMs: 7_000,
      scheduleToCloseTimeoutMs: 8_000,
      heartbeatTimeoutMs: 3_000,
      taskQueue: t.taskQueue,
      token: true,
      workflowId,
      timely: true,
    });
  }),
  scenario('scheduleToClose alone bounds the single attempt too', async (t) => {
    const limits = async (): Promise<unknown> => [
      activityInfo().startToCloseTimeoutMs,
      activityInfo().scheduleToCloseTimeoutMs,
    ];
    await t.startWorker({ activities: { limits } });
    assert.deepEqual(await outcome(t, { type: 'limits', options: { scheduleToCloseTimeout: '8s' } }), {
      result: [8_000, 8_000],
    });
  }),
  scenario('an activity type that no worker has fails that attempt', async (t) => {
    await t.startWorker({ activities: { known: async () => 1, alsoKnown: async () => 2 } });
    const result = await outcome(t, { type: 'unknown' });
    assert.equal(link(result, 1)['type'], 'NotFoundError');
    assert.equal(link(result, 0)['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
  }),
  scenario('an activity without any timeout is refused inside the workflow', async (t) => {
    await t.startWorker({ activities: {} });
    assert.equal(await t.execute(callWithoutTimeout, { args: ['any'] }), 'TypeError');
  }),
  scenario('a failed activity is tried again; history shows the last attempt only', async (t) => {
    await t.startWorker({ activities: { succeedAt } });
    const call: Call = { type: 'succeedAt', args: [3], options: { startToCloseTimeout: '10s', retry } };
    const handle = await t.start(callOne, { args: [call] });
    assert.deepEqual(await handle.result(), { result: 3 });
    const events = await t.history(handle);
    const started = events.find(
      (event) => event.activityTaskStartedEventAttributes,
    )?.activityTaskStartedEventAttributes;
    assert.equal(started?.attempt, 3);
    assert.equal(started?.lastFailure?.message, 'attempt 2');
  }),
  scenario('attempts can be limited', async (t) => {
    await t.startWorker({ activities: { succeedAt } });
    const options = { startToCloseTimeout: '10s', retry: { ...retry, maximumAttempts: 2 } } as const;
    const result = await outcome(t, { type: 'succeedAt', args: [9], options });
    assert.equal(link(result, 0)['retryState'], 'MAXIMUM_ATTEMPTS_REACHED');
    assert.equal(link(result, 1)['message'], 'attempt 2');
  }),
  scenario('intervals grow by the coefficient up to the maximum', async (t) => {
    const starts: number[] = [];
    const failing = async (): Promise<number> => {
      starts.push(Date.now());
      return await succeedAt(5);
    };
    await t.startWorker({ activities: { failing } });
    const policy = { initialInterval: '50ms', backoffCoefficient: 2, maximumInterval: '120ms' } as const;
    await outcome(t, { type: 'failing', options: { startToCloseTimeout: '10s', retry: policy } });
    const gaps = starts.slice(1).map((start, i) => start - (starts[i] ?? 0));
    for (const [i, least] of [50, 100, 120, 120].entries()) {
      assert.ok((gaps[i] ?? 0) >= least - 5, `attempt ${i + 2} came after ${gaps[i]} ms, not ${least}`);
    }
  }),
  scenario('error types in the policy are not retried', async (t) => {
    await t.startWorker({ activities: { succeedAt } });
    const policy = { ...retry, nonRetryableErrorTypes: ['NotYet'] };
    const result = await outcome(t, {
      type: 'succeedAt',
      args: [9],
      options: { startToCloseTimeout: '10s', retry: policy },
    });
    assert.equal(link(result, 0)['retryState'], 'NON_RETRYABLE_FAILURE');
    assert.equal(link(result, 1)['message'], 'attempt 1');
  }),
  scenario('a failure may say when to try again', async (t) => {
    const starts: number[] = [];
    const later = async (): Promise<string> => {
      starts.push(Date.now());
      if (activityInfo().attempt === 1) throw ApplicationFailure.create({ message: 'later', nextRetryDelay: '250ms' });
      return 'done';
    };
    await t.startWorker({ activities: { later } });
    assert.deepEqual(await outcome(t, { type: 'later', options: { startToCloseTimeout: '10s', retry } }), {
      result: 'done',
    });
    assert.ok((starts[1] ?? 0) - (starts[0] ?? 0) >= 245);
  }),
  scenario('a description shows what is pending', async (t) => {
    const finish = deferred<string>();
    const second = deferred();
    const pending = async (): Promise<string> => {
      if (activityInfo().attempt === 1) throw ApplicationFailure.create({ message: 'first', type: 'First' });
      Context.current().heartbeat('at work');
      second.resolve();
      return await finish.promise;
    };
    await t.startWorker({ activities: { pending } });
    const call: Call = {
      type: 'pending',
      options: { startToCloseTimeout: '10s', retry: { ...retry, maximumAttempts: 5 } },
    };
    const handle = await t.start(callOne, { args: [call] });
    await second.promise;
    await t.eventually(async () => {
      const { pendingActivities } = (await handle.describe()).raw;
      const [activity] = pendingActivities ?? [];
      assert.equal(pendingActivities?.length, 1);
      assert.equal(activity?.activityId, '1');
      assert.equal(activity?.activityType?.name, 'pending');
      assert.equal(activity?.state, 2 /* STARTED */);
      assert.equal(activity?.attempt, 2);
      assert.equal(activity?.maximumAttempts, 5);
      assert.equal(activity?.lastFailure?.message, 'first');
      assert.equal(Buffer.from(activity?.heartbeatDetails?.payloads?.[0]?.data ?? []).toString(), '"at work"');
    });
    assert.deepEqual(await t.eventTypes(handle), [
      'WorkflowExecutionStarted',
      'WorkflowTaskScheduled',
      'WorkflowTaskStarted',
      'WorkflowTaskCompleted',
      'ActivityTaskScheduled',
    ]);
    finish.resolve('done');
    assert.deepEqual(await handle.result(), { result: 'done' });
    assert.deepEqual((await handle.describe()).raw.pendingActivities ?? [], []);
  }),
  scenario('an activity that nobody works on stays scheduled', async (t) => {
    await t.startWorker();
    const options = { startToCloseTimeout: '10s', taskQueue: `${t.taskQueue}-nobody` } as const;
    const handle = await t.start(callOne, { args: [{ type: 'any', options }] });
    await t.waitForEvent(handle, 'ActivityTaskScheduled');
    const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
    assert.equal(activity?.state, 1 /* SCHEDULED */);
    assert.equal(activity?.attempt, 1);
  }),
  scenario('a workflow may end while an activity runs', async (t) => {
    const running = deferred();
    const finish = deferred();
    const stay = async (): Promise<void> => {
      running.resolve();
      await finish.promise;
    };
    await t.startWorker({ activities: { stay } });
    const handle = await t.start(endWithoutWaiting, { args: [{ type: 'stay' }] });
    await running.promise;
    await handle.signal('cancelCall');
    assert.equal(await handle.result(), 'ended');
    finish.resolve();
  }),
  scenario('an activity of a run that ended learns it by its heartbeat', async (t) => {
    const running = deferred();
    const told = deferred<string>();
    const beat = async (): Promise<void> => {
      running.resolve();
      try {
        for (;;) {
          Context.current().heartbeat();
          await activitySleep(20);
        }
      } catch (error) {
        told.resolve((error as Error).message);
        throw error;
      }
    };
    await t.startWorker({
      activities: { beat },
      maxHeartbeatThrottleInterval: 20,
      defaultHeartbeatThrottleInterval: 20,
    });
    const call: Call = { type: 'beat', options: { startToCloseTimeout: '10s', heartbeatTimeout: '10s' } };
    const handle = await t.start(endWithoutWaiting, { args: [call] });
    await running.promise;
    await handle.signal('cancelCall');
    await handle.result();
    assert.equal(await told.promise, 'NOT_FOUND');
  }),
]);
