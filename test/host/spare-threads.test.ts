import { afterEach, beforeAll, expect, it } from 'vitest';
import { createWorkflowHost } from '../../src/host/host.ts';
import { endThread, prepareThread, takeThread, type Thread, type ThreadStart } from '../../src/host/spare-threads.ts';
import type { WorkflowBundleWithSourceMapAndFilename } from '../../src/official.ts';
import { bundleFixtures, DrivenRun, resultOf } from './driver.ts';

let bundle: WorkflowBundleWithSourceMapAndFilename;
const taken: Thread[] = [];

beforeAll(async () => {
  bundle = await bundleFixtures();
});
afterEach(async () => {
  await Promise.all(taken.splice(0).map((thread) => endThread(thread)));
});

function take(more: Partial<ThreadStart> = {}): { readonly isUsed: boolean; readonly id: number } {
  const registeredActivityNames = new Set<string>();
  const start = { bundle, registeredActivityNames, stackTraces: false, clockGiven: false, asksAboutPatches: false };
  const { thread, isUsed } = takeThread({ ...start, ...more });
  taken.push(thread);
  return { isUsed, id: thread.worker.threadId };
}

async function evaluate(codes: readonly string[], dispose = true): Promise<unknown> {
  const host = await createWorkflowHost(bundle, { threads: 1 });
  const run = await DrivenRun.create(host, 'evaluate', codes);
  const result = resultOf(await run.start());
  if (dispose) await run.dispose();
  await host.destroy();
  return result;
}

it('gives a thread to the next host of the same bundle, with nothing of the runs before', async () => {
  expect(await evaluate(['globalThis.leak = 1; return leak'])).toBe(1);
  expect(await evaluate(['return typeof leak'])).toBe('undefined');
  expect(take().isUsed).toBe(true);
  expect(take().isUsed).toBe(false);
});

it('gives no thread to a host that is set up differently', async () => {
  await evaluate(['return 1']);
  expect(take({ clockGiven: true }).isUsed).toBe(false);
  expect(take({ stackTraces: true }).isUsed).toBe(false);
  expect(take({ asksAboutPatches: true }).isUsed).toBe(false);
  expect(take({ resourceLimits: { maxOldGenerationSizeMb: 100 } }).isUsed).toBe(false);
  expect(take({ bundle: { ...bundle, code: `${bundle.code}\n` } }).isUsed).toBe(false);
  expect(take().isUsed).toBe(true);
});

it('stops a thread in which a run still lives', async () => {
  await evaluate(['return 1'], false);
  expect(take().isUsed).toBe(false);
});

it('prepares one thread, which the next host takes as a new one', async () => {
  const before = take().id;
  prepareThread();
  prepareThread();
  expect(take({ resourceLimits: { maxOldGenerationSizeMb: 100 } }).id).toBe(before + 2);
  expect(take()).toEqual({ isUsed: false, id: before + 1 });
  expect(take().id).toBe(before + 3);
  prepareThread();
  expect(await evaluate(['return 1'])).toBe(1);
});
