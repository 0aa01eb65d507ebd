import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { ScheduleAlreadyRunning, ScheduleNotFoundError, ScheduleOverlapPolicy } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { toTimestamp } from '../../../src/core/proto.ts';
import { refusalOf } from '../rpc.ts';
import { topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { asText, at, backfill, create, runId, scheduleScenario, started, until } from '../schedules.ts';
import { errorOf } from '../support.ts';

/** When schedules act, and what they start. */
const acting = [
  scheduleScenario('a schedule starts workflows at its times, named by them', async (t) => {
    await t.startWorker();
    const handle = await create(t, { spec: { intervals: [{ every: '1s' }] } });
    const { info } = await until(t, handle, (description) => assert.ok(description.info.numActionsTaken >= 2));
    const [first, second] = info.recentActions;
    assert.ok(first && second);
    assert.equal(first.scheduledAt.getTime() % 1000, 0);
    assert.ok(second.scheduledAt > first.scheduledAt && first.takenAt >= first.scheduledAt);
    const { workflowId, firstExecutionRunId } = first.action.workflow;
    assert.equal(workflowId, runId(t, first.scheduledAt));
    const { workflowExecutionStartedEventAttributes: attributes } = (await t.history({ workflowId }))[0] ?? {};
    assert.equal(attributes?.originalExecutionRunId, firstExecutionRunId);
    assert.equal(attributes?.identity, `temporal-scheduler-${t.namespace}-${t.taskQueue}`);
    const fields = attributes?.searchAttributes?.indexedFields ?? {};
    assert.deepEqual(
      Object.entries(fields)
        .map(([name, { metadata, data }]) => [name, asText(metadata?.['type']), asText(data)])
        .toSorted(([a = ''], [b = '']) => a.localeCompare(b)),
      [
        ['TemporalScheduledById', 'Keyword', `"${t.taskQueue}"`],
        ['TemporalScheduledStartTime', 'Datetime', `"${first.scheduledAt.toISOString().slice(0, 19)}Z"`],
      ],
    );
  }),
  scheduleScenario('a description says what a schedule is, with its defaults', async (t) => {
    const handle = await create(t, {
      spec: { cronExpressions: ['TZ=Europe/Berlin 30 9 * * 1-5 # mornings'], jitter: '10s' },
      memo: { who: 'me' },
      state: { paused: true, note: 'not yet', remainingActions: 3 },
      args: [1, 'two'],
    });
    const found = await until(t, handle, () => undefined);
    assert.deepEqual(found.policies, { overlap: 'SKIP', catchupWindow: 365 * 86_400_000, pauseOnFailure: false });
    assert.deepEqual(found.state, { paused: true, note: 'not yet', remainingActions: 3 });
    assert.deepEqual(found.memo, { who: 'me' });
    assert.equal(found.spec.timezone, 'Europe/Berlin');
    assert.equal(found.spec.jitter, 10_000);
    const [calendar] = found.spec.calendars ?? [];
    assert.deepEqual(
      [calendar?.comment, calendar?.hour, calendar?.year],
      ['mornings', [{ start: 9, end: 9, step: 1 }], []],
    );
    assert.deepEqual(calendar?.dayOfWeek, [{ start: 'MONDAY', end: 'FRIDAY', step: 1 }]);
    const { workflowType, workflowId, args, taskQueue } = found.action;
    assert.deepEqual([workflowType, workflowId, args, taskQueue], ['nothing', runId(t), [1, 'two'], t.taskQueue]);
    assert.equal(found.info.nextActionTimes.length, 3);
    assert.equal(found.info.numActionsTaken, 0);
    assert.deepEqual(found.info.recentActions, []);
  }),
  scheduleScenario('a trigger starts at once, also while the schedule is paused', async (t) => {
    await t.startWorker();
    const handle = await create(t, { state: { paused: true } });
    await handle.trigger();
    const found = await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 1));
    await t.client.workflow.getHandle(started(found)[0] ?? '').result();
  }),
  scheduleScenario('a schedule may begin with a trigger and a backfill', async (t) => {
    const state = {
      triggerImmediately: true,
      backfill: [{ start: at(3), end: at(4), overlap: ScheduleOverlapPolicy.ALLOW_ALL }],
    };
    const handle = await create(t, { state });
    const found = await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 3));
    const ids = started(found);
    assert.ok(ids.includes(runId(t, at(3))) && ids.includes(runId(t, at(4))));
  }),
  scheduleScenario('a backfill takes up all times within its bounds, these included', async (t) => {
    const handle = await create(t);
    await backfill(handle, 5, 8, ScheduleOverlapPolicy.ALLOW_ALL);
    const found = await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 4));
    assert.deepEqual(
      started(found).toSorted(),
      [5, 6, 7, 8].map((hour) => runId(t, at(hour))),
    );
    // What may overlap is not waited for.
    assert.deepEqual(found.info.runningActions, []);
  }),
  scheduleScenario('a long backfill is done a few starts at a time', async (t) => {
    const handle = await create(t);
    await backfill(handle, 0, 13, ScheduleOverlapPolicy.ALLOW_ALL);
    const found = await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 14));
    assert.equal(found.info.recentActions.length, 10);
  }),
  scheduleScenario('a schedule stops when its actions are used up', async (t) => {
    await t.startWorker();
    const handle = await create(t, {
      spec: { intervals: [{ every: '1s' }] },
      state: { remainingActions: 1 },
      policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL },
    });
    await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 1));
    await t.sleep(1500);
    const { info, state } = await handle.describe();
    assert.deepEqual([info.numActionsTaken, state.remainingActions, info.nextActionTimes], [1, 0, []]);
  }),
  scheduleScenario('a paused schedule starts nothing, and makes up for nothing when it goes on', async (t) => {
    const handle = await create(t, { spec: { intervals: [{ every: '1s' }] }, state: { paused: true } });
    await t.sleep(1500);
    assert.equal((await handle.describe()).info.numActionsTaken, 0);
    await handle.unpause('go');
    const resumed = await until(t, handle, ({ state }) => assert.equal(state.paused, false));
    assert.equal(resumed.state.note, 'go');
    const { info } = await until(t, handle, (description) => assert.ok(description.info.numActionsTaken > 0));
    assert.ok(Number(info.recentActions[0]?.scheduledAt) > resumed.info.createdAt.getTime() + 1000);
    await handle.pause('enough');
    const paused = await until(t, handle, ({ state }) => assert.equal(state.paused, true));
    assert.equal(paused.state.note, 'enough');
  }),
  scheduleScenario('a schedule that is over or has no times is there all the same', async (t) => {
    const handle = await create(t, { spec: { intervals: [{ every: '1s' }], endAt: at(1) } });
    const { info } = await until(t, handle, () => undefined);
    assert.deepEqual(info.nextActionTimes, []);
  }),
];

/** Changing, finding and ending schedules. */
const changing = [
  scheduleScenario('an update changes what is done and when', async (t) => {
    const handle = await create(t);
    await handle.update((before) => ({
      ...before,
      spec: { intervals: [{ every: '1h', offset: '20m' }] },
      action: { ...before.action, args: ['new'] },
      policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: '1s' },
    }));
    const found = await until(t, handle, ({ info }) => assert.ok(info.lastUpdatedAt));
    assert.deepEqual(found.spec.intervals, [{ every: 3_600_000, offset: 1_200_000 }]);
    assert.deepEqual(found.action.args, ['new']);
    // A window is ten seconds at least.
    assert.deepEqual([found.policies.overlap, found.policies.catchupWindow], ['BUFFER_ONE', 10_000]);
    assert.equal(found.info.nextActionTimes[0]?.getUTCMinutes(), 20);
  }),
  scheduleScenario('an update with an old token changes nothing', async (t) => {
    const handle = await create(t);
    const { raw } = await until(t, handle, () => undefined);
    const update = { namespace: t.namespace, scheduleId: t.taskQueue, conflictToken: raw.conflictToken ?? null };
    const notes = async (text: string): Promise<void> => {
      const schedule = { ...raw.schedule, state: { notes: text } };
      await t.raw.updateSchedule({ ...update, schedule, requestId: randomUUID() });
    };
    await notes('first');
    const changed = await until(t, handle, ({ state }) => assert.equal(state.note, 'first'));
    await notes('second');
    await handle.pause('third');
    const after = await until(t, handle, ({ state }) => assert.equal(state.note, 'third'));
    assert.equal(Number(Buffer.from(changed.raw.conflictToken ?? []).readBigUInt64BE()), 2);
    assert.equal(Number(Buffer.from(after.raw.conflictToken ?? []).readBigUInt64BE()), 3);
  }),
  scheduleScenario('times are listed, whatever the schedule does', async (t) => {
    const handle = await create(t, { state: { paused: true } });
    await until(t, handle, () => undefined);
    const { startTime } = await t.raw.listScheduleMatchingTimes({
      namespace: t.namespace,
      scheduleId: t.taskQueue,
      startTime: toTimestamp(at(1).getTime()),
      endTime: toTimestamp(at(4).getTime()),
    });
    assert.deepEqual(
      startTime.map(({ seconds }) => Number(seconds) * 1000),
      [2, 3, 4].map((hour) => at(hour).getTime()),
    );
  }),
  scheduleScenario('schedules are listed apart from workflows', async (t) => {
    await create(t, { state: { paused: true, note: 'wait' }, memo: { a: 1 } });
    const found = async (query: string): Promise<unknown[]> => {
      const all: unknown[] = [];
      for await (const { scheduleId, state, memo, action } of t.client.schedule.list({ query })) {
        all.push([scheduleId, state, memo, action?.workflowType]);
      }
      return all;
    };
    const own = `ScheduleId = '${t.taskQueue}'`;
    const expected = [[t.taskQueue, { paused: true, note: 'wait' }, { a: 1 }, 'nothing']];
    await t.eventually(async () => assert.deepEqual(await found(own), expected));
    await t.eventually(async () => assert.deepEqual(await found(`${own} AND TemporalSchedulePaused = true`), expected));
    assert.deepEqual(await found(`${own} AND TemporalSchedulePaused = false`), []);
    const refusal = await refusalOf(
      t.raw.listSchedules({ namespace: t.namespace, query: "ExecutionStatus = 'Running'" }),
    );
    assert.equal(refusal.details, 'invalid query filter for schedules: cannot filter on "ExecutionStatus"');
    for await (const { workflowId } of t.client.workflow.list()) assert.ok(!workflowId.startsWith('temporal-sys'));
  }),
  scheduleScenario('a schedule that was deleted is gone, and its id is free', async (t) => {
    const handle = await create(t, { state: { triggerImmediately: true } });
    await until(t, handle, ({ info }) => assert.equal(info.numActionsTaken, 1));
    await handle.delete();
    assert.ok((await errorOf(handle.describe())) instanceof ScheduleNotFoundError);
    assert.ok((await errorOf(handle.pause())) instanceof ScheduleNotFoundError);
    const [namespace, scheduleId] = [t.namespace, t.taskQueue];
    assert.deepEqual(await refusalOf(t.raw.describeSchedule({ namespace, scheduleId })), {
      code: 'NOT_FOUND',
      details: 'schedule not found',
    });
    assert.deepEqual(await refusalOf(t.raw.deleteSchedule({ namespace, scheduleId })), {
      code: 'NOT_FOUND',
      details: 'workflow execution already completed',
    });
    await create(t);
    assert.equal((await until(t, handle, () => undefined)).info.numActionsTaken, 0);
  }),
  scheduleScenario('an id that is in use, or that nobody uses, is said in the words of a server', async (t) => {
    await create(t);
    assert.ok((await errorOf(create(t))) instanceof ScheduleAlreadyRunning);
    const unknown = { namespace: t.namespace, scheduleId: `${t.taskQueue}-none` };
    const details = `workflow not found for ID: temporal-sys-scheduler:${unknown.scheduleId}`;
    const expected = { code: 'NOT_FOUND', details };
    assert.deepEqual(await refusalOf(t.raw.describeSchedule(unknown)), expected);
    assert.deepEqual(await refusalOf(t.raw.patchSchedule({ ...unknown, patch: { pause: 'x' } })), expected);
    assert.deepEqual(await refusalOf(t.raw.updateSchedule(unknown)), expected);
    assert.deepEqual(await refusalOf(t.raw.deleteSchedule(unknown)), expected);
  }),
  scheduleScenario('what cannot be scheduled is refused in the words of a server', async (t) => {
    const startWorkflow = { workflowId: 'w', workflowType: { name: 'nothing' }, taskQueue: { name: t.taskQueue } };
    const refusal = async (schedule: temporal.api.schedule.v1.ISchedule): Promise<string> => {
      const request = { namespace: t.namespace, scheduleId: t.taskQueue, requestId: randomUUID() };
      const { code, details } = await refusalOf(t.raw.createSchedule({ ...request, schedule }));
      assert.equal(code, 'INVALID_ARGUMENT');
      return details;
    };
    const action = (changes: object) => refusal({ action: { startWorkflow: { ...startWorkflow, ...changes } } });
    const spec = { cronString: ['* * *'] };
    assert.equal(await refusal({ spec }), 'Invalid schedule spec: CronString does not have 5-7 fields');
    assert.equal(await action({ workflowType: null }), 'WorkflowType is not set on request.');
    assert.equal(await action({ taskQueue: null }), 'taskQueue is not set');
    assert.equal(await action({ cronSchedule: '* * * * *' }), 'Scheduled workflow must not contain CronSchedule');
    assert.equal(
      await action({ searchAttributes: { indexedFields: { PerdureNobody: {} } } }),
      `Namespace ${t.namespace} has no mapping defined for search attribute PerdureNobody`,
    );
    assert.equal(
      await action({ workflowIdReusePolicy: 2 }),
      'Scheduled workflow must not contain WorkflowIDReusePolicy',
    );
  }),
];

/** Schedules, as the client's `schedule` has them. */
export const schedules: readonly Scenario[] = topic('schedules', [...acting, ...changing]);
