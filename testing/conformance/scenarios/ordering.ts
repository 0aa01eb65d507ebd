import assert from 'node:assert/strict';
import type { WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { deferred, gates } from '../support.ts';
import type { Deferred } from '../support.ts';
import * as workflows from '../workflows/ordering.ts';

/** A run that has started all its work and now stands with a task at gate `hold`. */
interface Held {
  readonly handle: WorkflowHandleWithFirstExecutionRunId<typeof workflows.logArrivals>;
  readonly finish: Record<'one' | 'two', Deferred<string>>;
  /** Waits until this many activities are no longer pending. */
  readonly gone: (activities: number) => Promise<unknown>;
  readonly open: () => void;
}

async function held(t: ScenarioContext, waits: workflows.Waits): Promise<Held> {
  const gate = gates();
  const finish = { one: deferred<string>(), two: deferred<string>() };
  await t.startWorker({
    sinks: gate.sinks,
    activities: { one: () => finish.one.promise, two: () => finish.two.promise },
  });
  const handle = await t.start(workflows.logArrivals, { args: [waits] });
  await t.waitForEvent(handle, 'WorkflowTaskCompleted');
  if (waits.activities.length > 0) {
    await t.eventually(async () => {
      const { pendingActivities } = (await handle.describe()).raw;
      return pendingActivities?.every(({ state }) => state === 2 /* STARTED */) ?? false;
    });
  }
  await handle.signal(workflows.hold);
  await gate.reached('hold');
  return {
    handle,
    finish,
    gone: (activities) =>
      t.eventually(async () => {
        const { pendingActivities } = (await handle.describe()).raw;
        return pendingActivities?.length === waits.activities.length - activities;
      }),
    open: () => gate.open('hold'),
  };
}

/** What happens while a task is out, and in which order the workflow learns it. */
export const ordering: readonly Scenario[] = topic('ordering', [
  scenario('a signal after a result comes before it', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one'], timersMs: [], marks: 1 });
    finish.one.resolve('1');
    await gone(1);
    await handle.signal(workflows.mark, 'after the result');
    open();
    assert.deepEqual(await handle.result(), ['signal after the result', 'activity 1']);
  }),
  scenario('a signal before a result stays before it', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one'], timersMs: [], marks: 1 });
    await handle.signal(workflows.mark, 'before the result');
    finish.one.resolve('1');
    await gone(1);
    open();
    assert.deepEqual(await handle.result(), ['signal before the result', 'activity 1']);
  }),
  scenario('signals keep their order', async (t) => {
    const { handle, open } = await held(t, { activities: [], timersMs: [], marks: 4 });
    for (const text of ['a', 'b', 'c', 'd']) await handle.signal(workflows.mark, text);
    open();
    assert.deepEqual(await handle.result(), ['signal a', 'signal b', 'signal c', 'signal d']);
  }),
  scenario('two results keep the order in which they came', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one', 'two'], timersMs: [], marks: 0 });
    finish.two.resolve('2');
    await gone(1);
    finish.one.resolve('1');
    await gone(2);
    open();
    assert.deepEqual(await handle.result(), ['activity 2', 'activity 1']);
  }),
  scenario('a result and a failure come together', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one', 'two'], timersMs: [], marks: 0 });
    finish.one.reject(ApplicationFailure.create({ message: 'no' }));
    await gone(1);
    finish.two.resolve('2');
    await gone(2);
    open();
    assert.deepEqual(await handle.result(), ['failed activity one', 'activity 2']);
  }),
  scenario('a timer that fires after a result comes before it', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one'], timersMs: [3_000], marks: 0 });
    finish.one.resolve('1');
    await gone(1);
    await t.sleep(3_200);
    open();
    assert.deepEqual(await handle.result(), ['timer 3000', 'activity 1']);
  }),
  scenario('everything at once comes in one task', async (t) => {
    const { handle, finish, gone, open } = await held(t, { activities: ['one', 'two'], timersMs: [3_000], marks: 2 });
    finish.two.resolve('2');
    await gone(1);
    await handle.signal(workflows.mark, 'first');
    finish.one.resolve('1');
    await gone(2);
    await t.sleep(3_200);
    await handle.signal(workflows.mark, 'second');
    open();
    assert.deepEqual(await handle.result(), [
      'signal first',
      'signal second',
      'timer 3000',
      'activity 2',
      'activity 1',
    ]);
  }),
  scenario('a cancel request among signals keeps its place', async (t) => {
    const { handle, finish, open } = await held(t, { activities: ['one'], timersMs: [], marks: 2 });
    await handle.signal(workflows.mark, 'before');
    await handle.cancel();
    await handle.signal(workflows.mark, 'after');
    open();
    await assert.rejects(handle.result());
    finish.one.resolve('late');
  }),
  scenario(
    'commands of one task are written in the order of the code',
    async (t) => {
      await t.startWorker({ activities: { any: async (text: string) => text } });
      const handle = await t.start(workflows.manyCommands, { args: ['any'] });
      assert.deepEqual(await handle.result(), ['first', 'slept', false]);
    },
    { history: { compare: 'none', reason: 'an activity and two timers race' } },
  ),
]);
