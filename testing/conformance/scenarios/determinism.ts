import assert from 'node:assert/strict';
import { scenario, topic } from '../scenario.ts';
import type { HistoryEvent, Scenario } from '../scenario.ts';
import { gates } from '../support.ts';
import * as workflows from '../workflows/determinism.ts';

const uncached = { maxCachedWorkflows: 0 } as const;

function ms(event: HistoryEvent | undefined): number {
  return Number(event?.eventTime?.seconds ?? 0) * 1000 + (event?.eventTime?.nanos ?? 0) / 1e6;
}

/** What a workflow sees is the same each time its code runs. */
export const determinism: readonly Scenario[] = topic('determinism', [
  scenario('chance and time are the same in every replay', async (t) => {
    const { sinks, reported } = gates();
    await t.startWorker({ sinks, ...uncached });
    assert.equal(await t.execute(workflows.sampleChance), true);
    // Without a cache, each of four tasks runs the code from its beginning.
    const samples = reported as [number, ...unknown[]][];
    const first = samples.filter(([i]) => i === 0);
    assert.ok(first.length >= 3, `${first.length} runs of the code`);
    for (const sample of samples)
      assert.deepEqual(
        sample,
        samples.find(([i]) => i === sample[0]),
      );
    assert.equal(new Set(samples.map((sample) => sample[2])).size, 3);
  }),
  scenario('two runs have different chances', async (t) => {
    const { sinks, reported } = gates();
    await t.startWorker({ sinks });
    await t.execute(workflows.oneSample);
    await t.execute(workflows.oneSample);
    const [one, two] = reported as [string, number][];
    assert.notEqual(one?.[0], two?.[0]);
    assert.notEqual(one?.[1], two?.[1]);
  }),
  scenario('time is that of the task and stands still in it', async (t) => {
    const { sinks, reported } = gates();
    await t.startWorker({ sinks });
    const handle = await t.start(workflows.timeStandsStill);
    assert.equal(await handle.result(), true);
    const started = (await t.history(handle)).find((event) => event.workflowTaskStartedEventAttributes);
    assert.equal(reported[0], Math.floor(ms(started)));
  }),
  scenario('the order of promises is the order of the code', async (t) => {
    await t.startWorker(uncached);
    const log = ['a waits', 'b waits', 'c waits', 'a goes', 'b goes', 'c goes'];
    assert.deepEqual(await t.execute(workflows.interleave), log);
  }),
  scenario(
    'a run that chance leads one way stays on it',
    async (t) => {
      await t.startWorker({
        sinks: gates().sinks,
        ...uncached,
        activities: { heads: async () => 1, tails: async () => 2 },
      });
      for (let i = 0; i < 3; i++) assert.equal(await t.execute(workflows.chanceDecides), 'done');
    },
    { history: { compare: 'none', reason: 'chance decides which activities are called' } },
  ),
  scenario('code knows whether it is replayed', async (t) => {
    const { sinks, reported } = gates();
    await t.startWorker({ sinks, ...uncached });
    await t.execute(workflows.replaySeen);
    assert.deepEqual(reported, [
      ['first', false],
      ['first', true],
      ['second', false],
    ]);
  }),
  scenario('the length of the history is that of the task', async (t) => {
    await t.startWorker(uncached);
    const handle = await t.start(workflows.historyGrows);
    const lengths = await handle.result();
    const started = (await t.history(handle)).filter((event) => event.workflowTaskStartedEventAttributes);
    assert.deepEqual(
      lengths,
      started.map((event) => Number(event.eventId)),
    );
  }),
]);
