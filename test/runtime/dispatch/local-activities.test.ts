import proto from '@temporalio/proto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalResolution, LocalSchedule } from '../../../src/core/activations/local/types.ts';
import { toDuration, toTimestamp } from '../../../src/core/proto.ts';
import { SharedQueue } from '../../../src/runtime/dispatch/async-queue.ts';
import { LocalActivities } from '../../../src/runtime/dispatch/local-activities.ts';
import { localRetryDelay, localRetryPolicy } from '../../../src/runtime/dispatch/local-retry.ts';
import type { DispatchOptions } from '../../../src/runtime/dispatch/options.ts';
import { ManualClock } from '../manual-clock.ts';

const { ActivityTask } = proto.coresdk.activity_task;
const run = { runId: 'r', workflowId: 'w', workflowType: 'Type' };

describe('local activities of a worker', () => {
  let clock: ManualClock;
  let tasks: SharedQueue<Buffer>;
  let locals: LocalActivities;
  let ended: LocalResolution[];
  let givenUp: string[];

  beforeEach(() => {
    clock = new ManualClock();
    tasks = new SharedQueue(() => new Error('shut down'));
    ended = [];
    givenUp = [];
    const options: Partial<DispatchOptions> = {
      clock,
      log: { debug: () => undefined, warn: () => undefined },
      namespace: 'default',
      taskQueue: 'work',
      identity: 'me',
      version: { deploymentName: '', buildId: '', useVersioning: false, defaultBehavior: 0 },
      localActivitySlots: { type: 'fixed-size', numSlots: 1 },
    };
    locals = new LocalActivities(options as DispatchOptions, tasks.join());
    locals.listen({
      ended: (_, resolution) => void ended.push(resolution),
      heartbeatDue: () => undefined,
      givenUp: (runId) => {
        givenUp.push(runId);
        locals.forget(runId);
      },
    });
  });

  const schedule = (more: Partial<LocalSchedule> = {}): LocalSchedule => ({
    seq: 1,
    command: { activityType: 'say' },
    annotations: {},
    attempt: 1,
    originalScheduleTime: toTimestamp(clock.now()),
    scheduleToStartMs: undefined,
    scheduleToCloseMs: undefined,
    startToCloseMs: 1000,
    localRetryThresholdMs: 60_000,
    ...more,
  });
  const next = async (): Promise<ReturnType<typeof ActivityTask.decode>> => ActivityTask.decode(await tasks.take());
  const fail = (taskToken: Uint8Array): boolean =>
    locals.complete({ taskToken, result: { failed: { failure: { message: 'f' } } } });

  it('are tried again after the interval, with the next attempt', async () => {
    locals.start(run, schedule());
    const first = await next();
    clock.advance(20);
    fail(first.taskToken);
    locals.taskAnswered('r');
    clock.advance(999);
    expect(ended).toEqual([]);
    clock.advance(1);
    const second = await next();
    expect(second.start?.attempt).toBe(2);
    clock.advance(5);
    fail(second.taskToken);
    expect(locals.nonFirstAttempts('r')).toBe(1);
    clock.advance(2000);
    const third = await next();
    locals.complete({ taskToken: third.taskToken, result: { completed: { result: {} } } });
    expect(ended).toMatchObject([{ attempt: 3, runtimeMs: 0, outcome: { kind: 'completed' } }]);
    expect(clock.pending).toBe(0);
  });

  it('have no time left when their first attempt was too long ago', () => {
    const late = schedule({ scheduleToCloseMs: 100, originalScheduleTime: toTimestamp(clock.now() - 100) });
    expect(locals.start(run, late)).toMatchObject({ outcome: { kind: 'timed-out' } });
  });

  it('time out while they wait for a retry or a slot', async () => {
    locals.start(run, schedule({ scheduleToCloseMs: 500 }));
    fail((await next()).taskToken);
    clock.advance(500);
    expect(ended).toMatchObject([{ attempt: 1, outcome: { kind: 'timed-out' } }]);
    expect(clock.pending).toBe(0);
  });

  it('end without having begun when they are cancelled while they wait for a slot', async () => {
    locals.start(run, schedule());
    const first = await next();
    locals.start(run, schedule({ seq: 2 }));
    expect(locals.cancel('r', 2)).toMatchObject({ seq: 2, outcome: { kind: 'cancelled' } });
    expect(locals.cancel('r', 2)).toBeUndefined();
    locals.complete({ taskToken: first.taskToken, result: { completed: {} } });
    expect(ended).toHaveLength(1);
  });

  it('cannot be completed by other means', async () => {
    locals.start(run, schedule({ command: { retryPolicy: { maximumAttempts: 1 } } }));
    locals.complete({ taskToken: (await next()).taskToken, result: { willCompleteAsync: {} } });
    expect(ended).toMatchObject([{ outcome: { failure: { applicationFailureInfo: { nonRetryable: true } } } }]);
  });

  it('leave retries to other workers when theirs stops', async () => {
    locals.start(run, schedule());
    fail((await next()).taskToken);
    locals.initiateShutdown();
    expect(givenUp).toEqual(['r']);
    locals.start(run, schedule());
    fail((await next()).taskToken);
    expect(givenUp).toEqual(['r', 'r']);
    locals.workflowsEnded();
    await expect(tasks.take()).rejects.toThrow('shut down');
  });

  it('are waited for after their workflows have ended', async () => {
    locals.start(run, schedule());
    const task = await next();
    locals.forget('r');
    expect((await next()).cancel).toBeDefined();
    locals.workflowsEnded();
    expect(tasks.isClosed).toBe(false);
    locals.complete({ taskToken: task.taskToken, result: { completed: {} } });
    expect(ended).toEqual([]);
    expect(locals.complete({ taskToken: task.taskToken, result: {} })).toBe(true);
    expect(locals.complete({ taskToken: Buffer.from('of a server'), result: {} })).toBe(false);
    await expect.poll(() => tasks.isClosed).toBe(true);
  });

  it('are given up in the end', async () => {
    locals.start(run, schedule());
    await next();
    locals.start(run, schedule({ seq: 2 }));
    locals.finalizeShutdown();
    expect(clock.pending).toBe(0);
    expect(tasks.isClosed).toBe(true);
  });
});

describe('the retry policy of local activities', () => {
  it('has defaults, also for what makes no sense', () => {
    const expected = { initialInterval: toDuration(1000), backoffCoefficient: 2, maximumInterval: toDuration(100_000) };
    expect(localRetryPolicy(null)).toMatchObject(expected);
    expect(localRetryPolicy({ backoffCoefficient: 0.5, maximumAttempts: -1 })).toMatchObject({
      ...expected,
      maximumAttempts: 0,
    });
    const small = { initialInterval: toDuration(5000), maximumInterval: toDuration(1000) };
    expect(localRetryPolicy(small).maximumInterval).toEqual(toDuration(5000));
  });

  it('decides about the next attempt', () => {
    expect(localRetryDelay(null, 1, { message: 'f' })).toBe(1000);
    expect(localRetryDelay(null, 4, { message: 'f' })).toBe(8000);
    expect(localRetryDelay({ maximumAttempts: 2 }, 2, {})).toBeUndefined();
    expect(localRetryDelay(null, 1, { applicationFailureInfo: { nonRetryable: true } })).toBeUndefined();
    const byType = { nonRetryableErrorTypes: ['Bad'] };
    expect(localRetryDelay(byType, 1, { applicationFailureInfo: { type: 'bad' } })).toBeUndefined();
    expect(localRetryDelay(null, 1, { applicationFailureInfo: { nextRetryDelay: toDuration(7) } })).toBe(7);
  });
});
