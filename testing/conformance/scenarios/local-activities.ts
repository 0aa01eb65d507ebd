import assert from 'node:assert/strict';
import { activityInfo, ApplicationFailure, Context } from '@temporalio/activity';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { count, deferred, gates } from '../support.ts';
import {
  cancelLocalAtOnce,
  cancelLocalWhileItRuns,
  endLocal,
  localAndPatch,
  localInUpdate,
  sayLocally,
  endWhileLocalRuns,
  localAll,
  localAmongOthers,
  localEach,
  localProgress,
  localThenAgain,
  localThenGate,
  localTime,
  localWithoutTimeout,
  localWithSignals,
} from '../workflows/local-activities.ts';
import type { LocalCall } from '../workflows/local-activities.ts';

type Outcome = { readonly result?: unknown; readonly failure?: readonly Record<string, unknown>[] };

const quickRetry = { initialInterval: '10ms', backoffCoefficient: 1 } as const;

async function say(word: unknown): Promise<unknown> {
  return word ?? 'nothing';
}

/** Takes a while. */
async function take(ms: number): Promise<number> {
  await Context.current().sleep(ms);
  return ms;
}

/** Never ends by itself. */
async function hang(): Promise<void> {
  await Context.current().cancelled;
}

/** Fails in the first attempts. */
async function failUntil(attempt: number, message = 'not yet'): Promise<unknown> {
  if (activityInfo().attempt < attempt) throw ApplicationFailure.create({ message, type: 'NotYet' });
  return activityInfo().attempt;
}

async function failForGood(): Promise<void> {
  throw ApplicationFailure.nonRetryable('for good', 'ForGood', 'a detail');
}

const failureOf = (outcome: Outcome | undefined): readonly Record<string, unknown>[] => outcome?.failure ?? [];

/** Activities that run in the worker, within the workflow task; history has markers of them. */
export const localActivities: readonly Scenario[] = topic('local-activities', [
  scenario('a local activity leaves a marker, and no task of its own', async (t) => {
    await t.startWorker({ activities: { say } });
    const handle = await t.start(localEach, { args: [[{ type: 'say', args: ['hello'] }]] });
    assert.deepEqual(await handle.result(), [{ result: 'hello' }]);
    const types = await t.eventTypes(handle);
    assert.equal(count(types, 'MarkerRecorded'), 1);
    assert.equal(count(types, 'WorkflowTaskStarted'), 1);
  }),
  scenario('results of every kind', async (t) => {
    await t.startWorker({
      activities: { say, nothing: async () => undefined, bytes: async () => new Uint8Array([1, 2]) },
    });
    const calls = [{ type: 'say', args: [{ a: [1, null] }] }, { type: 'nothing' }, { type: 'bytes' }];
    const results = (await t.execute(localEach, { args: [calls] })) as Outcome[];
    assert.deepEqual(results[0], { result: { a: [1, null] } });
    assert.deepEqual(results[1], { result: 'undefined' });
  }),
  scenario('local activities among timers and ordinary activities', async (t) => {
    await t.startWorker({ activities: { say } });
    const result = await t.execute(localAmongOthers, { args: ['say'] });
    assert.deepEqual(result, ['first', 'second', 'third', 'fourth', 'fifth']);
  }),
  scenario('several at once, resolved in the order of their ends', async (t) => {
    const ends = [deferred(), deferred(), deferred()];
    const inTurn = async (index: number): Promise<number> => {
      await ends[index]?.promise;
      setTimeout(() => ends[index - 1]?.resolve(), 100);
      return index;
    };
    ends[2]?.resolve();
    await t.startWorker({ activities: { inTurn } });
    const calls = [0, 1, 2].map((index) => ({ type: 'inTurn', args: [index] }));
    const result = await t.execute(localAll, { args: [calls] });
    assert.deepEqual(
      result.map((entry) => (entry as [[number]])[0][0]),
      [2, 1, 0],
    );
  }),
  scenario('a local activity knows about itself', async (t) => {
    const about = async (): Promise<unknown> => {
      const { isLocal, activityId, activityType, attempt, workflowType, heartbeatTimeoutMs } = activityInfo();
      return {
        isLocal,
        activityId,
        activityType,
        attempt,
        workflowType,
        heartbeatTimeoutMs: heartbeatTimeoutMs ?? null,
      };
    };
    await t.startWorker({ activities: { about } });
    const [outcome] = (await t.execute(localEach, { args: [[{ type: 'about' }]] })) as Outcome[];
    assert.deepEqual(outcome?.result, {
      isLocal: true,
      activityId: '1',
      activityType: 'about',
      attempt: 1,
      workflowType: 'localEach',
      heartbeatTimeoutMs: null,
    });
  }),
  scenario('workflow time passes while a local activity runs', async (t) => {
    await t.startWorker({ activities: { take } });
    assert.equal(await t.execute(localTime, { args: [{ type: 'take', args: [30] }] }), true);
  }),
  scenario('a summary goes to the marker', async (t) => {
    await t.startWorker({ activities: { say } });
    const call: LocalCall = { type: 'say', args: ['x'], options: { startToCloseTimeout: '10s', summary: 'what for' } };
    assert.deepEqual(await t.execute(localEach, { args: [[call]] }), [{ result: 'x' }]);
  }),
  scenario('retries within the task leave one marker with the last attempt', async (t) => {
    await t.startWorker({ activities: { failUntil } });
    const call: LocalCall = {
      type: 'failUntil',
      args: [3],
      options: { startToCloseTimeout: '10s', retry: quickRetry },
    };
    const handle = await t.start(localEach, { args: [[call]] });
    assert.deepEqual(await handle.result(), [{ result: 3 }]);
    assert.equal(count(await t.eventTypes(handle), 'MarkerRecorded'), 1);
  }),
  scenario('a failure after all attempts', async (t) => {
    await t.startWorker({ activities: { failUntil } });
    const retry = { ...quickRetry, maximumAttempts: 2 };
    const call: LocalCall = { type: 'failUntil', args: [9], options: { startToCloseTimeout: '10s', retry } };
    const [outcome] = (await t.execute(localEach, { args: [[call]] })) as Outcome[];
    assert.equal(failureOf(outcome).at(-1)?.['type'], 'NotYet');
  }),
  scenario('a failure that is not to be retried', async (t) => {
    await t.startWorker({ activities: { failForGood, failUntil } });
    const options: LocalCall['options'] = { startToCloseTimeout: '10s', retry: { nonRetryableErrorTypes: ['NotYet'] } };
    const calls: LocalCall[] = [
      { type: 'failForGood', options: { startToCloseTimeout: '10s' } },
      { type: 'failUntil', args: [2], options },
    ];
    const [first, second] = (await t.execute(localEach, { args: [calls] })) as Outcome[];
    assert.deepEqual(failureOf(first).at(-1)?.['details'], ['a detail']);
    assert.equal(failureOf(second).at(-1)?.['message'], 'not yet');
  }),
  scenario('a retry beyond the threshold is waited for with a timer', async (t) => {
    await t.startWorker({ activities: { failUntil } });
    const options = {
      startToCloseTimeout: '10s',
      localRetryThreshold: '10ms',
      retry: { initialInterval: '100ms' },
    } as const;
    const handle = await t.start(localEach, { args: [[{ type: 'failUntil', args: [3], options }]] });
    assert.deepEqual(await handle.result(), [{ result: 3 }]);
    const types = await t.eventTypes(handle);
    assert.equal(count(types, 'TimerFired'), 2);
    assert.equal(count(types, 'MarkerRecorded'), 3);
  }),
  scenario('a delay that the failure asks for', async (t) => {
    const later = async (): Promise<number> => {
      const { attempt } = activityInfo();
      if (attempt < 2) throw ApplicationFailure.create({ message: 'later', nextRetryDelay: '50ms' });
      return attempt;
    };
    await t.startWorker({ activities: { later } });
    const options = { startToCloseTimeout: '10s', localRetryThreshold: '1ms' } as const;
    const handle = await t.start(localEach, { args: [[{ type: 'later', options }]] });
    assert.deepEqual(await handle.result(), [{ result: 2 }]);
    assert.equal(count(await t.eventTypes(handle), 'TimerFired'), 1);
  }),
  scenario('startToClose ends an attempt', async (t) => {
    await t.startWorker({ activities: { hang } });
    const call: LocalCall = { type: 'hang', options: { startToCloseTimeout: '100ms', retry: { maximumAttempts: 1 } } };
    const [outcome] = (await t.execute(localEach, { args: [[call]] })) as Outcome[];
    assert.equal(failureOf(outcome).at(-1)?.['timeoutType'], 'START_TO_CLOSE');
  }),
  scenario('after startToClose the local activity is tried again', async (t) => {
    const hangOnce = async (): Promise<unknown> => (activityInfo().attempt < 2 ? await hang() : activityInfo().attempt);
    await t.startWorker({ activities: { hangOnce } });
    const call: LocalCall = { type: 'hangOnce', options: { startToCloseTimeout: '300ms', retry: quickRetry } };
    assert.deepEqual(await t.execute(localEach, { args: [[call]] }), [{ result: 2 }]);
  }),
  scenario('scheduleToClose ends all attempts', async (t) => {
    await t.startWorker({ activities: { hang } });
    const call: LocalCall = { type: 'hang', options: { scheduleToCloseTimeout: '150ms', retry: quickRetry } };
    const [outcome] = (await t.execute(localEach, { args: [[call]] })) as Outcome[];
    assert.equal(failureOf(outcome).at(-1)?.['timeoutType'], 'SCHEDULE_TO_CLOSE');
  }),
  scenario('scheduleToStart ends what waits for a slot', async (t) => {
    await t.startWorker({ activities: { take }, maxConcurrentLocalActivityExecutions: 1 });
    const calls: LocalCall[] = [
      { type: 'take', args: [300] },
      { type: 'take', args: [1], options: { scheduleToStartTimeout: '50ms', startToCloseTimeout: '10s' } },
    ];
    const [, second] = (await t.execute(localAll, { args: [calls] })) as [unknown, [unknown, Outcome]][];
    const outcome = (second as unknown as [unknown, Outcome])[1];
    assert.equal(failureOf(outcome).at(-1)?.['timeoutType'], 'SCHEDULE_TO_START');
  }),
  scenario('a local activity without any timeout is refused inside the workflow', async (t) => {
    await t.startWorker({ activities: { say } });
    assert.equal(await t.execute(localWithoutTimeout, { args: ['say'] }), 'TypeError');
  }),
  ...(['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'ABANDON'] as const).flatMap((type) => [
    scenario(`cancelled before it begins, ${type}`, async (t) => {
      await t.startWorker({ activities: { say } });
      const outcome = (await t.execute(cancelLocalAtOnce, { args: [{ type: 'say', args: ['no'] }, type] })) as Outcome;
      assert.equal(failureOf(outcome).at(-1)?.['name'], 'CancelledFailure');
    }),
    scenario(`cancelled while it runs, ${type}`, async (t) => {
      await t.startWorker({ activities: { hang, take } });
      const until = { type: 'take', args: [50] };
      const args = [{ type: 'hang' }, until, type] as [LocalCall, LocalCall, typeof type];
      const outcome = (await t.execute(cancelLocalWhileItRuns, { args })) as Outcome;
      assert.equal(failureOf(outcome).at(-1)?.['name'], 'CancelledFailure');
    }),
  ]),
  scenario('cancelled while it waits for a retry', async (t) => {
    await t.startWorker({ activities: { failUntil, take } });
    const call: LocalCall = {
      type: 'failUntil',
      args: [2],
      options: { startToCloseTimeout: '10s', retry: { initialInterval: '30s' } },
    };
    const args = [call, { type: 'take', args: [100] }, 'WAIT_CANCELLATION_COMPLETED'] as const;
    const outcome = (await t.execute(cancelLocalWhileItRuns, { args: [...args] })) as Outcome;
    assert.equal(failureOf(outcome).at(-1)?.['name'], 'CancelledFailure');
  }),
  scenario('a cancelled local activity may still succeed', async (t) => {
    const stubborn = async (): Promise<string> => {
      await Context.current().cancelled.catch(() => {});
      return 'all the same';
    };
    await t.startWorker({ activities: { stubborn, take } });
    const args = [{ type: 'stubborn' }, { type: 'take', args: [50] }, 'WAIT_CANCELLATION_COMPLETED'] as const;
    assert.deepEqual(await t.execute(cancelLocalWhileItRuns, { args: [...args] }), { result: 'all the same' });
  }),
  scenario('a workflow may end while a local activity runs', async (t) => {
    const cancelled = deferred<boolean>();
    const hangAndTell = async (): Promise<void> => {
      await Context.current().cancelled.catch(() => cancelled.resolve(true));
    };
    await t.startWorker({ activities: { hangAndTell, take } });
    const args: [LocalCall, LocalCall] = [{ type: 'hangAndTell' }, { type: 'take', args: [50] }];
    assert.equal(await t.execute(endWhileLocalRuns, { args }), 'ended');
    assert.equal(await cancelled.promise, true);
  }),
  scenario('a local activity in the task that continues as new', async (t) => {
    await t.startWorker({ activities: { say } });
    assert.equal(await t.execute(localThenAgain, { args: ['say', 2] }), 1);
  }),
  scenario('many local activities in one task', async (t) => {
    await t.startWorker({ activities: { say } });
    const calls = Array.from({ length: 12 }, (_, index) => ({ type: 'say', args: [index + 1] }));
    const handle = await t.start(localEach, { args: [calls] });
    assert.equal((await handle.result()).length, 12);
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskStarted'), 1);
  }),
  scenario('a local activity in the handler of an update', async (t) => {
    await t.startWorker({ activities: { say } });
    const handle = await t.start(localInUpdate, { args: ['say', 2] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    assert.equal(await handle.executeUpdate(sayLocally, { args: ['one'] }), 'one');
    assert.equal(await handle.executeUpdate(sayLocally, { args: ['two'] }), 'two');
    assert.equal(await handle.result(), 2);
  }),
  scenario('local activities around a patch', async (t) => {
    await t.startWorker({ activities: { say } });
    assert.deepEqual(await t.execute(localAndPatch, { args: ['say'] }), ['a', 'b', true, 'c']);
  }),
  scenario('another worker takes results from markers', async (t) => {
    let calls = 0;
    const counted = async (): Promise<number> => ++calls;
    const first = await t.startWorker({ activities: { counted } });
    const handle = await t.start(localWithSignals, { args: [{ type: 'counted' }, 1] });
    await t.waitForEvent(handle, 'MarkerRecorded');
    await first.stop();
    await t.startWorker({ activities: { counted } });
    await handle.signal(endLocal);
    assert.deepEqual(await handle.result(), [{ result: 1 }, 1]);
    assert.equal(calls, 1);
  }),
  scenario('workflow tasks follow each other while a local activity takes long', async (t) => {
    await t.startWorker({ activities: { take } });
    const handle = await t.start(localEach, { args: [[{ type: 'take', args: [5000] }]], workflowTaskTimeout: '4s' });
    assert.deepEqual(await handle.result(), [{ result: 5000 }]);
    const types = await t.eventTypes(handle);
    assert.equal(count(types, 'WorkflowTaskTimedOut'), 0);
    assert.equal(count(types, 'WorkflowTaskCompleted'), 2);
  }),
  scenario('retries that last longer than a workflow task', async (t) => {
    await t.startWorker({ activities: { failUntil } });
    const retry = { initialInterval: '1300ms', backoffCoefficient: 1 } as const;
    const call: LocalCall = { type: 'failUntil', args: [5], options: { startToCloseTimeout: '10s', retry } };
    const handle = await t.start(localEach, { args: [[call]], workflowTaskTimeout: '4s' });
    assert.deepEqual(await handle.result(), [{ result: 5 }]);
    assert.equal(count(await t.eventTypes(handle), 'WorkflowTaskTimedOut'), 0);
  }),
  scenario('a signal that comes while a local activity runs is seen after its task', async (t) => {
    const reached = deferred();
    const end = deferred();
    const wait = async (): Promise<string> => {
      reached.resolve();
      await end.promise;
      return 'done';
    };
    await t.startWorker({ activities: { wait } });
    const handle = await t.start(localWithSignals, { args: [{ type: 'wait' }, 1] });
    await reached.promise;
    await handle.signal(endLocal);
    end.resolve();
    assert.deepEqual(await handle.result(), [{ result: 'done' }, 1]);
  }),
  scenario(
    'a query is answered while a local activity takes long',
    async (t) => {
      const reached = deferred();
      const end = deferred();
      const wait = async (): Promise<string> => {
        reached.resolve();
        await end.promise;
        return 'done';
      };
      await t.startWorker({ activities: { wait } });
      const handle = await t.start(localWithSignals, { args: [{ type: 'wait' }, 0], workflowTaskTimeout: '2s' });
      await reached.promise;
      assert.equal(await handle.query(localProgress), 'waits 0');
      end.resolve();
      assert.deepEqual(await handle.result(), [{ result: 'done' }, 0]);
      assert.equal(await handle.query(localProgress), 'has it 0');
    },
    { history: { compare: 'none', reason: 'When a query is answered depends on when the task is heartbeated.' } },
  ),
  scenario('a worker that is told to stop finishes its local activities', async (t) => {
    const reached = deferred();
    const end = deferred();
    const wait = async (): Promise<string> => {
      reached.resolve();
      await end.promise;
      return 'done';
    };
    const worker = await t.startWorker({ activities: { wait } });
    const handle = await t.start(localEach, { args: [[{ type: 'wait' }]] });
    await reached.promise;
    const stopped = worker.stop();
    end.resolve();
    await stopped;
    assert.deepEqual(await handle.result(), [{ result: 'done' }]);
  }),
  scenario('results of earlier tasks are not computed again', async (t) => {
    let calls = 0;
    const counted = async (word: string): Promise<string> => {
      calls++;
      return word;
    };
    const { sinks, reached, open } = gates();
    await t.startWorker({ activities: { counted }, sinks });
    const handle = await t.start(localThenGate, { args: ['counted', 'between'] });
    await reached('between');
    open('between');
    assert.deepEqual(await handle.result(), ['first', 'second']);
    assert.equal(calls, 2);
  }),
]);
