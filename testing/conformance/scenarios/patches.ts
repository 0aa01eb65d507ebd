import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import type { WorkflowHandle } from '@temporalio/client';
import { count } from '../support.ts';
import * as workflows from '../workflows/patches.ts';

const uncached = { maxCachedWorkflows: 0 } as const;
const activities = { newer: async () => 1, older: async () => 2 };

/** Runs the first task with older code, then puts newer code in its place and lets the workflow go on. */
async function replaceCode(
  t: ScenarioContext,
  type: () => Promise<string>,
): Promise<WorkflowHandle<() => Promise<string>>> {
  const older = await t.startWorker({ bundle: 'before', activities, ...uncached });
  const handle = await t.start(type);
  await t.waitForEvent(handle, 'WorkflowTaskCompleted');
  await older.stop();
  await t.startWorker({ activities, ...uncached });
  await handle.signal('go');
  return handle;
}

async function versions(handle: WorkflowHandle): Promise<unknown> {
  const { searchAttributes } = await handle.describe();
  return searchAttributes['TemporalChangeVersion'];
}

/** Changing the code of workflows that run. */
export const patches: readonly Scenario[] = topic('patches', [
  scenario('a new run takes the patched way and says so', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.patchedOnce);
    assert.equal(await handle.result(), 'new');
    assert.deepEqual(await versions(handle), ['first']);
  }),
  scenario('each patch is recorded once', async (t) => {
    await t.startWorker(uncached);
    const handle = await t.start(workflows.patchedOften);
    assert.deepEqual(await handle.result(), [true, true, true, true]);
    assert.equal(count(await t.eventTypes(handle), 'MarkerRecorded'), 2);
    assert.deepEqual(await versions(handle), ['one', 'two']);
  }),
  scenario('a patch that an open run has not reached is taken', async (t) => {
    const handle = await replaceCode(t, workflows.patchedMeanwhile);
    assert.equal(await handle.result(), 'new');
  }),
  scenario('a patch that an open run has passed is not taken', async (t) => {
    const handle = await replaceCode(t, workflows.patchedBehind);
    assert.equal(await handle.result(), 'old');
    assert.ok(!(await t.eventTypes(handle)).includes('MarkerRecorded'));
  }),
  scenario('a deprecated patch accepts runs that have it', async (t) => {
    const handle = await replaceCode(t, workflows.patchDeprecated);
    assert.equal(await handle.result(), 'deprecated');
  }),
  scenario('a deprecated patch is recorded in new runs', async (t) => {
    await t.startWorker();
    const handle = await t.start(workflows.deprecatedOnly);
    assert.equal(await handle.result(), 'done');
  }),
  scenario('a deprecated patch may be forgotten', async (t) => {
    const handle = await replaceCode(t, workflows.deprecationForgotten);
    assert.equal(await handle.result(), 'forgotten');
  }),
  scenario(
    'a patch that was not deprecated may not be forgotten',
    async (t) => {
      const handle = await replaceCode(t, workflows.patchForgotten);
      const events = await t.waitForEvent(handle, 'WorkflowTaskFailed');
      const failed = events.find((event) => event.workflowTaskFailedEventAttributes)?.workflowTaskFailedEventAttributes;
      assert.equal(failed?.cause, 24 /* NON_DETERMINISTIC_ERROR */);
    },
    { noReplay: { reason: 'the newer code does not fit the history, which is the point' } },
  ),
]);
