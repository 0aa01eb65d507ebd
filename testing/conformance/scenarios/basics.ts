import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { Scenario } from '../scenario.ts';
import { echo, nothing } from '../workflows/basics.ts';

/** Start, arguments, result, memo. */
export const basics: readonly Scenario[] = topic('basics', [
  scenario('arguments arrive and the result returns', async (t) => {
    await t.startWorker();
    assert.deepEqual(await t.execute(echo, { args: [1, 'two', { three: [3] }, null] }), [
      1,
      'two',
      { three: [3] },
      null,
    ]);
  }),
  scenario('a workflow without a result gives undefined', async (t) => {
    await t.startWorker();
    assert.equal(await t.execute(nothing), undefined);
  }),
]);
