import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { deferred, gates } from '../support.ts';
import * as workflows from '../workflows/timers.ts';

/** Timers: firing, order, cancellation. */
export const timers: readonly Scenario[] = topic('timers', [
  scenario('sleeping, one timer after another', async (t) => {
    await t.startWorker();
    const started = performance.now();
    assert.equal(await t.execute(workflows.sleepEach, { args: [[100, '50ms', '20 milliseconds']] }), 'awake');
    if (!t.target.sleep) assert.ok(performance.now() - started >= 165);
  }),
  scenario('sleeping for no time or less is a timer all the same', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.sleepEach, { args: [[0, -5]] }), 'awake');
  }),
  scenario('timers fire in order of their time', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(workflows.sleepAll, { args: [[1_400, 50, 750]] }), [1, 2, 0]);
  }),
  scenario('a timer is cancelled in a later task', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.cancelTimer, { args: [60_000] }), 'cancelled: true');
  }),
  scenario('a timer that is cancelled in its own task leaves no trace', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.cancelTimerAtOnce);
    assert.equal(await handle.result(), 'cancelled: true');
    assert.equal((await t.history(handle)).length, 5);
  }),
  scenario('a timer that fired unseen and is then cancelled did not fire', async (t) => {
    const gate = gates();
    await t.startWorker({ sinks: gate.sinks });
    const handle = await t.start(workflows.cancelTimerAtGate, { args: [3_000] });
    await t.waitForEvent(handle, 'TimerStarted');
    await handle.signal(workflows.cancelIt);
    await gate.reached('cancelling');
    await t.sleep(3_200);
    gate.open('cancelling');
    assert.equal(await handle.result(), 'cancelled: true');
    assert.ok(!(await t.eventTypes(handle)).includes('TimerFired'));
  }),
  scenario('a condition gives up in time', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.conditionInTime, { args: [50] }), false);
  }),
  scenario('a condition that is met in time cancels its timer', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.signalInTime, { args: [60_000] });
    await t.waitForEvent(handle, 'TimerStarted');
    await handle.signal(workflows.cancelIt);
    assert.equal(await handle.result(), true);
  }),
  scenario('the clock of a workflow moves on by what it sleeps', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(workflows.measureSleep, { args: [200] }), true);
  }),
  scenario('setTimeout and clearTimeout are durable timers', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(workflows.nativeTimers), ['fired']);
  }),
  scenario('a timer fires while an activity runs', async (t) => {
    const finish = deferred<string>();
    await t.startWorker({ activities: { slow: () => finish.promise } });
    const handle = await t.start(workflows.sleepBesideActivity, { args: ['slow', 100] });
    await t.waitForEvent(handle, 'TimerFired');
    await t.waitForEvent(handle, 'WorkflowTaskCompleted', 2);
    finish.resolve('done');
    assert.deepEqual(await handle.result(), ['slept', 'done']);
  }),
  scenario('a timer may have a summary', async (t) => {
    await t.startWorker();
    await t.execute(workflows.sleepWithSummary);
  }),
  scenario('a timer fires with no worker there, and waits for one', async (t) => {
    const worker = await t.startWorker({ maxCachedWorkflows: 0 });
    const handle = await t.start(workflows.sleepEach, { args: [[500]] });
    await t.waitForEvent(handle, 'TimerStarted');
    await worker.stop();
    await t.waitForEvent(handle, 'TimerFired');
    assert.equal((await t.eventTypes(handle)).at(-1), 'WorkflowTaskScheduled');
    await t.startWorker({ maxCachedWorkflows: 0 });
    assert.equal(await handle.result(), 'awake');
  }),
]);
