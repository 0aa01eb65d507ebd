import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { RetryPolicy } from '@temporalio/common';
import type { ActivityOptions } from '@temporalio/workflow';
import type { Explained } from '../explain.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { deferred } from '../support.ts';
import { cancelCall } from '../workflows/activities.ts';
import { callRows } from '../workflows/activity-matrix.ts';
import type { Outcome, Row } from '../workflows/activity-matrix.ts';
import { cancelled, uncancelled } from './activity-matrix-expected.ts';

const NOBODY = 'a queue that nobody reads';
const BEAT_MS = 100;
const CANCELLATIONS = ['TRY_CANCEL', 'WAIT_CANCELLATION_COMPLETED', 'ABANDON'] as const;

const timeouts: Readonly<Record<string, { readonly mode: string; readonly options: ActivityOptions }>> = {
  'scheduleToStart, nobody there': {
    mode: 'completes',
    options: { scheduleToStartTimeout: '200ms', startToCloseTimeout: '10s', taskQueue: NOBODY },
  },
  'scheduleToClose, nobody there': {
    mode: 'completes',
    options: { scheduleToCloseTimeout: '200ms', taskQueue: NOBODY },
  },
  scheduleToClose: { mode: 'hangs', options: { scheduleToCloseTimeout: '1500ms' } },
  startToClose: { mode: 'hangs', options: { startToCloseTimeout: '200ms' } },
  heartbeat: { mode: 'hangs', options: { startToCloseTimeout: '20s', heartbeatTimeout: '200ms' } },
  'a failure': { mode: 'fails', options: { startToCloseTimeout: '20s' } },
  'a failure that says that it is final': { mode: 'ends', options: { startToCloseTimeout: '20s' } },
  'a failure that is listed as final': { mode: 'isListed', options: { startToCloseTimeout: '20s' } },
};

const quick: RetryPolicy = { initialInterval: '20ms', backoffCoefficient: 1, nonRetryableErrorTypes: ['Listed'] };
const retries: Readonly<Record<string, ActivityOptions>> = {
  'of one attempt': { retry: { ...quick, maximumAttempts: 1 } },
  'of two attempts': { retry: { ...quick, maximumAttempts: 2 } },
  'whose next attempt comes too late': {
    scheduleToCloseTimeout: '15s',
    retry: { ...quick, initialInterval: '1 hour', maximumInterval: '1 hour' },
  },
};

/** Each timeout and each kind of failure, with each retry policy. */
function uncancelledRows(): Row[] {
  return Object.entries(timeouts).flatMap(([end, { mode, options }]) =>
    Object.entries(retries).map(([policy, more]) => ({
      id: `${end}, ${policy}`,
      mode,
      options: { ...more, ...options },
    })),
  );
}

/** Each state in which an activity may be cancelled, with what it makes of that and each type of cancellation. */
function cancelledRows(): Row[] {
  const states: readonly { readonly state: string; readonly mode: string; readonly options: ActivityOptions }[] = [
    { state: 'not begun', mode: 'completes', options: { startToCloseTimeout: '60s', taskQueue: NOBODY } },
    {
      state: 'between attempts',
      mode: 'fails',
      options: { startToCloseTimeout: '60s', retry: { initialInterval: '1 hour', maximumInterval: '1 hour' } },
    },
    ...['heeds', 'completes', 'breaks'].flatMap((mode) =>
      ['of one attempt', 'of two attempts'].map((policy) => ({
        state: `running, ${mode}, ${policy}`,
        mode,
        options: { ...retries[policy], startToCloseTimeout: '60s', heartbeatTimeout: '60s' },
      })),
    ),
  ];
  return states.flatMap(({ state, mode, options }) =>
    CANCELLATIONS.map((cancellationType) => ({
      id: `${state}, ${cancellationType}`,
      mode,
      options: { ...options, cancellationType },
    })),
  );
}

/** What activities do; those that wait for a cancellation give up when it is `over`. */
function activitiesUntil(over: Promise<void>): Readonly<Record<string, () => Promise<unknown>>> {
  const broken = (): ApplicationFailure => ApplicationFailure.create({ message: 'no', type: 'Broken' });
  const untilCancelled = async (): Promise<unknown> => {
    const context = Context.current();
    const end = Promise.race([over, context.cancelled]).then(
      () => undefined,
      (error: unknown) => error,
    );
    const beats = new AbortController();
    void end.then(() => beats.abort());
    while (!beats.signal.aborted) {
      context.heartbeat();
      await wait(BEAT_MS, undefined, { signal: beats.signal }).catch(() => undefined);
    }
    return await end;
  };
  return {
    completes: async () => ((await untilCancelled()) === undefined ? 'nobody cancelled' : 'done'),
    heeds: async () => {
      throw await untilCancelled();
    },
    breaks: async () => {
      await untilCancelled();
      throw broken();
    },
    hangs: () => Context.current().cancelled,
    fails: () => Promise.reject(broken()),
    ends: () => Promise.reject(ApplicationFailure.nonRetryable('no', 'Broken')),
    isListed: () => Promise.reject(ApplicationFailure.create({ message: 'no', type: 'Listed' })),
  };
}

function told(outcome: Outcome): string {
  if ('result' in outcome) return `result ${JSON.stringify(outcome.result)}`;
  const link = ({ name, timeoutType, retryState, type }: Explained): string =>
    [name, timeoutType, type, retryState].filter((part) => typeof part === 'string').join(' ');
  return `${outcome.isCancellation ? 'cancelled: ' : ''}${outcome.failure.map(link).join(' < ')}`;
}

async function outcomes(rows: readonly Row[], started: () => Promise<Record<string, Outcome>>): Promise<unknown> {
  const all = await started();
  return Object.fromEntries(rows.map(({ id }) => [id, told(all[id] as Outcome)]));
}

async function startWorker(t: ScenarioContext): Promise<{ readonly end: () => void }> {
  const over = deferred();
  const heartbeats = { maxHeartbeatThrottleInterval: BEAT_MS, defaultHeartbeatThrottleInterval: BEAT_MS };
  await t.startWorker({ ...heartbeats, activities: activitiesUntil(over.promise) });
  return { end: () => over.resolve() };
}

const untimed = { history: { compare: 'none', reason: 'which results share a task depends on the time' } } as const;

/** What becomes of activities: timeouts and failures by retry policies, cancellations by their type and by what the activity does then. */
export const activityMatrix: readonly Scenario[] = topic('activity-matrix', [
  scenario(
    'each timeout and failure, with each retry policy',
    async (t) => {
      const { end } = await startWorker(t);
      const rows = uncancelledRows();
      assert.deepEqual(await outcomes(rows, () => t.execute(callRows, { args: [rows] })), uncancelled);
      end();
    },
    untimed,
  ),
  scenario(
    'each type of cancellation, by the state of the activity and by what it does then',
    async (t) => {
      const { end } = await startWorker(t);
      const rows = cancelledRows();
      const handle = await t.start(callRows, { args: [rows] });
      await t.eventually(async () => {
        const pending = (await handle.describe()).raw.pendingActivities ?? [];
        const started = pending.filter(({ state }) => state === 2 /* STARTED */);
        const waiting = pending.filter(({ state, attempt }) => state === 1 /* SCHEDULED */ && attempt === 2);
        assert.deepEqual([pending.length, started.length, waiting.length], [rows.length, 18, 3]);
      });
      await handle.signal(cancelCall);
      assert.deepEqual(await outcomes(rows, () => handle.result()), cancelled);
      end();
    },
    untimed,
  ),
]);
