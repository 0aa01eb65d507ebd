import assert from 'node:assert/strict';
import { activityInfo, CancelledFailure, Context } from '@temporalio/activity';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { ConformanceWorker } from '../target.ts';
import { deferred, errorOf, gates } from '../support.ts';
import { callOne } from '../workflows/activities.ts';
import { echo, nothing } from '../workflows/basics.ts';
import { localEach } from '../workflows/local-activities.ts';
import { add, collect, finish } from '../workflows/messages.ts';
import { holdThenCollect } from '../workflows/signals.ts';

const retry = { initialInterval: '20ms', backoffCoefficient: 1 } as const;
const quick = { maxHeartbeatThrottleInterval: 20, defaultHeartbeatThrottleInterval: 20 } as const;

/** An activity that runs until it is let go or, unless it takes no notice, cancelled; the next attempt just says which it is. */
function longActivity(take: 'heed' | 'ignore' = 'heed'): {
  readonly activities: { work(): Promise<unknown> };
  readonly running: Promise<void>;
  readonly letGo: () => void;
  readonly reasons: string[];
} {
  const running = deferred();
  const over = deferred();
  const reasons: string[] = [];
  const work = async (): Promise<unknown> => {
    const { attempt, heartbeatDetails } = activityInfo();
    if (attempt > 1) return [attempt, heartbeatDetails ?? null];
    const context = Context.current();
    context.heartbeat('begun');
    const cancelled = context.cancelled.catch((error: unknown) => {
      reasons.push((error as Error).message, `shutdown: ${context.cancellationDetails?.workerShutdown}`);
      if (take === 'heed') throw error;
    });
    cancelled.catch(() => {});
    running.resolve();
    await Promise.race([over.promise, ...(take === 'heed' ? [cancelled] : [])]);
    return 'done';
  };
  return { activities: { work }, running: running.promise, letGo: () => over.resolve(), reasons };
}

const call = { type: 'work', options: { startToCloseTimeout: '20s', heartbeatTimeout: '20s', retry } } as const;

async function refusedShutdown(worker: ConformanceWorker): Promise<string> {
  return String(await errorOf((async () => worker.shutdown())()));
}

/** How workers end: what they still finish, what they give back, how long they wait, and what they say meanwhile. */
export const shutdown: readonly Scenario[] = topic('shutdown', [
  scenario('a worker goes from initialized to running, draining and stopped', async (t) => {
    const worker = await t.createWorker();
    assert.equal(worker.getState(), 'INITIALIZED');
    const running = worker.run();
    assert.equal(worker.getState(), 'RUNNING');
    await t.execute(nothing);
    worker.shutdown();
    assert.equal(worker.getState(), 'DRAINING');
    await running;
    assert.equal(worker.getState(), 'STOPPED');
  }),
  scenario('only a worker that runs can be shut down, once, and none runs twice', async (t) => {
    const worker = await t.createWorker();
    assert.match(await refusedShutdown(worker), /Not running. Current state: INITIALIZED/);
    const running = worker.run();
    assert.match(String(await errorOf(worker.run())), /Poller was already started/);
    worker.shutdown();
    assert.match(await refusedShutdown(worker), /Not running. Current state: DRAINING/);
    await running;
    assert.match(String(await errorOf(worker.run())), /Poller was already started/);
  }),
  scenario('a worker that was never asked for a task ends at once', async (t) => {
    const worker = await t.createWorker({ activities: { work: nothing } });
    assert.equal(await worker.runUntil(Promise.resolve('at once')), 'at once');
    assert.equal(worker.getState(), 'STOPPED');
  }),
  scenario('runUntil works as long as its promise is open, and gives its result', async (t) => {
    const worker = await t.createWorker();
    assert.deepEqual(await worker.runUntil(t.execute(echo, { args: ['until'] })), ['until']);
    assert.equal(worker.getState(), 'STOPPED');
  }),
  scenario('runUntil ends the worker and rejects when its function does', async (t) => {
    const worker = await t.createWorker();
    const failing = worker.runUntil(async () => {
      await t.execute(nothing);
      throw new TypeError('in between');
    });
    assert.match(String(await errorOf(failing)), /TypeError: in between/);
    assert.equal(worker.getState(), 'STOPPED');
  }),
  scenario('without a grace time activities are cancelled at once, and tried again by another worker', async (t) => {
    const { activities, running, reasons } = longActivity();
    const first = await t.startWorker({ activities, ...quick });
    const handle = await t.start(callOne, { args: [call] });
    await running;
    await first.stop();
    assert.deepEqual(reasons, ['WORKER_SHUTDOWN', 'shutdown: true']);
    const pending = (await handle.describe()).raw.pendingActivities?.[0];
    assert.equal(pending?.lastFailure?.message, 'Worker is shutting down and this activity did not complete in time');
    assert.equal(pending?.lastFailure?.applicationFailureInfo?.type, 'WorkerShutdown');
    await t.startWorker({ activities, ...quick });
    assert.deepEqual(await handle.result(), { result: [2, 'begun'] });
  }),
  scenario('an activity that ends within the grace time is not cancelled', async (t) => {
    const { activities, running, letGo, reasons } = longActivity();
    const first = await t.startWorker({ activities, shutdownGraceTime: '20s', shutdownForceTime: '25s' });
    const handle = await t.start(callOne, { args: [call] });
    await running;
    const stopped = first.stop();
    await t.sleep(200);
    assert.equal(first.worker.getState(), 'DRAINING');
    letGo();
    await stopped;
    assert.deepEqual(reasons, []);
    await t.startWorker({ activities });
    assert.deepEqual(await handle.result(), { result: 'done' });
  }),
  scenario('when the grace time is over, activities are cancelled', async (t) => {
    const { activities, running, reasons } = longActivity();
    const first = await t.startWorker({ activities, ...quick, shutdownGraceTime: '300ms' });
    const handle = await t.start(callOne, { args: [call] });
    await running;
    const stopped = first.stop();
    assert.deepEqual(reasons, []);
    await stopped;
    assert.deepEqual(reasons, ['WORKER_SHUTDOWN', 'shutdown: true']);
    await t.startWorker({ activities });
    assert.deepEqual(await handle.result(), { result: [2, 'begun'] });
  }),
  scenario('an activity that takes no notice is waited for, and its result counts', async (t) => {
    const { activities, running, letGo, reasons } = longActivity('ignore');
    const first = await t.startWorker({ activities, shutdownForceTime: '25s' });
    const handle = await t.start(callOne, { args: [call] });
    await running;
    const stopped = first.stop();
    await t.eventually(() => assert.equal(reasons[0], 'WORKER_SHUTDOWN'));
    letGo();
    await stopped;
    await t.startWorker({ activities });
    assert.deepEqual(await handle.result(), { result: 'done' });
  }),
  scenario('a failure of a cancelled activity is tried again by another worker', async (t) => {
    const running = deferred();
    const work = async (): Promise<unknown> => {
      if (activityInfo().attempt > 1) return activityInfo().attempt;
      running.resolve();
      try {
        return await Context.current().cancelled;
      } catch (error) {
        assert.ok(error instanceof CancelledFailure);
        throw new Error('on its way out', { cause: error });
      }
    };
    const first = await t.startWorker({ activities: { work } });
    const handle = await t.start(callOne, { args: [call] });
    await running.promise;
    await first.stop();
    const pending = (await handle.describe()).raw.pendingActivities?.[0];
    assert.equal(pending?.lastFailure?.message, 'on its way out');
    await t.startWorker({ activities: { work } });
    assert.deepEqual(await handle.result(), { result: 2 });
  }),
  scenario('heartbeats of the grace time arrive', async (t) => {
    const running = deferred();
    const over = deferred();
    const work = async (): Promise<unknown> => {
      if (activityInfo().attempt > 1) return activityInfo().heartbeatDetails;
      running.resolve();
      await over.promise;
      Context.current().heartbeat('late');
      await Context.current().cancelled;
      return 'not reached';
    };
    const first = await t.startWorker({ activities: { work }, ...quick, shutdownGraceTime: '600ms' });
    const handle = await t.start(callOne, { args: [call] });
    await running.promise;
    const stopped = first.stop();
    over.resolve();
    await stopped;
    await t.startWorker({ activities: { work } });
    assert.deepEqual(await handle.result(), { result: 'late' });
  }),
  scenario('a worker that does not end in the time that it is given fails', async (t) => {
    const { activities, running, letGo } = longActivity('ignore');
    const worker = await t.createWorker({ activities, shutdownForceTime: '300ms' });
    const run = worker.run();
    const failed = errorOf(run);
    const handle = await t.start(callOne, { args: [call] });
    await running;
    worker.shutdown();
    // The official native library says first that it is still in use.
    assert.match(String(await failed), /GracefulShutdownPeriodExpiredError: Timed out|Worker still in use/);
    assert.equal(worker.getState(), 'FAILED');
    letGo();
    await handle.terminate();
  }),
  scenario('a workflow task that is out is answered before the worker ends', async (t) => {
    const { sinks, reached, open } = gates();
    const first = await t.startWorker({ sinks, shutdownForceTime: '25s' });
    const handle = await t.start(holdThenCollect);
    await reached('closing');
    const stopped = first.stop();
    await t.sleep(100);
    assert.equal(first.worker.getState(), 'DRAINING');
    open('closing');
    await stopped;
    await handle.result();
  }),
  scenario('a local activity that runs is waited for', async (t) => {
    const running = deferred();
    const over = deferred();
    const work = async (): Promise<string> => {
      running.resolve();
      await over.promise;
      return 'local';
    };
    const first = await t.startWorker({ activities: { work }, shutdownForceTime: '25s' });
    const handle = await t.start(localEach, { args: [[{ type: 'work' }]] });
    await running.promise;
    const stopped = first.stop();
    await t.sleep(100);
    over.resolve();
    await stopped;
    assert.deepEqual(await handle.result(), [{ result: 'local' }]);
  }),
  scenario('a worker that has ended takes no more tasks; what it had in memory goes on elsewhere', async (t) => {
    const first = await t.startWorker();
    const handle = await t.start(collect);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await first.stop();
    await handle.signal(add, 'meanwhile');
    await t.startWorker();
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    await handle.signal(finish);
    assert.deepEqual(await handle.result(), ['meanwhile']);
  }),
  scenario('a worker of the same queue goes on while another ends', async (t) => {
    const { activities, running, letGo } = longActivity('ignore');
    const first = await t.startWorker({ activities, shutdownForceTime: '25s' });
    const handle = await t.start(callOne, { args: [call] });
    await running;
    const stopped = first.stop();
    await t.startWorker({ activities });
    // A server may give a task to a poll that is just being called off; it would come again only after its timeout.
    await t.sleep(300);
    assert.deepEqual(await t.execute(echo, { args: ['by the other'] }), ['by the other']);
    letGo();
    await stopped;
    assert.deepEqual(await handle.result(), { result: 'done' });
  }),
]);
