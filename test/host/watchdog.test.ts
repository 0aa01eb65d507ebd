import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createWorkflowHost, isReplayRequest, type LostThread, type WorkflowHostOptions } from '../../src/host/host.ts';
import type { WorkflowBundleWithSourceMapAndFilename, WorkflowCreator } from '../../src/official.ts';
import { bundleFixtures, commandsOf, DrivenRun, driveFiveActivities } from './driver.ts';

/** Long enough for a slow machine to do what ends by itself. Milliseconds. */
const LIMIT_MS = 2000;
const TIMED_OUT = `Script execution timed out after ${LIMIT_MS}ms`;

let bundle: WorkflowBundleWithSourceMapAndFilename;
let host: WorkflowCreator;

beforeAll(async () => {
  bundle = await bundleFixtures();
});
afterEach(() => host.destroy());

async function start(options: WorkflowHostOptions): Promise<LostThread[]> {
  const lost: LostThread[] = [];
  host = await createWorkflowHost(bundle, { threads: 1, onThreadLost: (thread) => lost.push(thread), ...options });
  return lost;
}

describe.each(['endlessLoop', 'endlessMicrotasks'])('%s', (type) => {
  it('fails its task within the limit, while other runs ask for a replay and the next ones work', async () => {
    const lost = await start({ isolateExecutionTimeoutMs: LIMIT_MS });
    const neighbour = await DrivenRun.create(host, 'sleeper');
    expect(commandsOf(await neighbour.start())).toHaveLength(1);

    const endless = await DrivenRun.create(host, type);
    const waiting = await DrivenRun.create(host, 'sleeper');
    const [failed, queued] = await Promise.all([endless.start(), waiting.start()]);

    expect(failed.failed?.failure?.message).toBe(TIMED_OUT);
    expect(isReplayRequest(failed)).toBe(false);
    expect(isReplayRequest(queued)).toBe(true);
    expect(isReplayRequest(await neighbour.query('state'))).toBe(true);
    expect(lost).toEqual([{ reason: TIMED_OUT, runIds: expect.any(Array) }]);
    expect(lost[0]?.runIds).toEqual([neighbour.runId, endless.runId, waiting.runId]);
    await neighbour.dispose();

    const replayed = await DrivenRun.create(host, 'sleeper', [], neighbour.runId);
    expect(commandsOf(await replayed.start())).toHaveLength(1);
    await driveFiveActivities(host);
  });
});

it('leaves runs of other threads alone', async () => {
  await start({ threads: 2, isolateExecutionTimeoutMs: LIMIT_MS });
  const endless = await DrivenRun.create(host, 'endlessLoop');
  const other = await DrivenRun.create(host, 'sleeper');
  const [failed, started] = await Promise.all([endless.start(), other.start()]);
  expect(failed.failed).toBeDefined();
  expect(commandsOf(started)).toHaveLength(1);
  expect(commandsOf(await other.query('state'))).toHaveLength(1);
});

it('keeps a run that cost a thread apart from the others', async () => {
  await start({ isolateExecutionTimeoutMs: LIMIT_MS });
  const endless = await DrivenRun.create(host, 'endlessLoop');
  await endless.start();
  await endless.dispose();
  const neighbour = await DrivenRun.create(host, 'sleeper');
  const again = await DrivenRun.create(host, 'endlessLoop', [], endless.runId);
  const [failed, started] = await Promise.all([again.start(), neighbour.start()]);
  expect(failed.failed?.failure?.message).toContain('timed out');
  expect(commandsOf(started)).toHaveLength(1);
  expect(commandsOf(await neighbour.query('state'))).toHaveLength(1);
});

it('survives a run that takes all memory', { timeout: 30_000 }, async () => {
  const lost = await start({ resourceLimits: { maxOldGenerationSizeMb: 96 }, isolateExecutionTimeoutMs: 20_000 });
  const neighbour = await DrivenRun.create(host, 'sleeper');
  await neighbour.start();
  const bomb = await DrivenRun.create(host, 'allocationBomb');
  const completion = await bomb.start();
  expect(completion.failed?.failure?.message).toMatch(/exited prematurely: .*memory limit/);
  expect(isReplayRequest(await neighbour.query('state'))).toBe(true);
  expect(lost).toHaveLength(1);
  await driveFiveActivities(host);
});

it('leaves the main thread to SIGTERM while a run loops', { timeout: 30_000 }, async () => {
  host = await createWorkflowHost(bundle, { threads: 1 });
  const fixture = fileURLToPath(new URL('./fixtures/endless-process.ts', import.meta.url));
  const child = spawn(process.execPath, [fixture], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  await delay(300);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

it('rejects a bundle that cannot be loaded', async () => {
  await start({});
  const broken = { ...bundle, code: `throw new Error('broken bundle'); globalThis.__webpack_module_cache__` };
  await expect(createWorkflowHost(broken, { threads: 2 })).rejects.toThrow('broken bundle');
  const foreign = { ...bundle, code: '0' };
  await expect(createWorkflowHost(foreign, { threads: 1 })).rejects.toThrow(/module cache/);
});
