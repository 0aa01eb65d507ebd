import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkflowHost } from '../../src/host/host.ts';
import type { WorkflowCreator } from '../../src/official.ts';
import { bundleFixtures, DrivenRun } from './driver.ts';

let host: WorkflowCreator;

beforeAll(async () => {
  host = await createWorkflowHost(await bundleFixtures(), { threads: 1 });
});
afterAll(() => host.destroy());

it.each([
  ['before', ['rejectUnhandled', 'sleeper']],
  ['after', ['sleeper', 'rejectUnhandled']],
  ['between', ['sleeper', 'rejectUnhandled', 'sleeper']],
])('blames an unhandled rejection on its run when it comes %s another in one batch', async (_order, types) => {
  const runs = await Promise.all(types.map((type) => DrivenRun.create(host, type)));
  const completions = await Promise.all(runs.map((run) => run.start()));
  const messages = completions.map((completion) => completion.failed?.failure?.message ?? 'fine');
  const expected = { sleeper: 'fine', rejectUnhandled: 'Unhandled Promise rejection: Error: nobody cares' };
  expect(messages).toEqual(types.map((type) => expected[type as keyof typeof expected]));
});

it('lets a run that left a rejection unhandled make no progress', async () => {
  const run = await DrivenRun.create(host, 'rejectUnhandled');
  await run.start();
  const completion = await run.activate([{ fireTimer: { seq: 1 } }]);
  expect(completion.failed?.failure?.message).toContain('Unhandled Promise rejection');
});

it('creates no run of a type that the bundle lacks', async () => {
  const run = await DrivenRun.create(host, 'nowhere');
  await expect(run.start()).rejects.toThrow(/^Failed to initialize workflow of type 'nowhere'/);
  await expect(run.release()).rejects.toThrow(/does not live here/);
  await run.dispose();
});
