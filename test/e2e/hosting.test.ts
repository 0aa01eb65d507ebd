import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { createEmbeddedEngine, type EmbeddedEngine } from 'perdure/embedded';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { remoteClient, type RemoteClient } from '../chaos/support/remote.ts';
import { quiet } from '../conformance/targets/quiet.ts';

const HOSTING = fileURLToPath(new URL('fixtures/hosting.ts', import.meta.url));
const taskQueue = 'hosting';

let directory: string;
let codePath: string;
let path: string;
let remote: RemoteClient;
const stopAll: (() => Promise<void>)[] = [];

beforeAll(async () => {
  quiet();
  directory = mkdtempSync(join(tmpdir(), 'perdure-hosting-'));
  const workflowsPath = fileURLToPath(new URL('workflows/index.ts', import.meta.url));
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  codePath = join(directory, 'bundle.js');
  writeFileSync(codePath, code);
  return () => rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  path = join(mkdtempSync(join(directory, 'file-')), 'perdure.db');
  remote = remoteClient(path);
});
afterEach(async () => {
  remote.close();
  await Promise.all(stopAll.splice(0).map((stop) => stop()));
});

/** Starts a process with a worker; answers how to end it, which tells its exit code. */
async function host(limit: number, ...flags: string[]): Promise<() => Promise<unknown>> {
  const args = ['--disable-warning=ExperimentalWarning', ...flags, HOSTING, path, codePath, String(limit)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  stopAll.push(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  await Promise.race([once(child.stdout, 'data'), exited]);
  return async () => {
    child.kill('SIGTERM');
    const [code] = (await exited) as [unknown];
    return code;
  };
}

const start = (type: string, workflowId = type): Promise<WorkflowHandle> =>
  remote.client.workflow.start(type, { taskQueue, workflowId, workflowTaskTimeout: '30s' });

async function neighbours(): Promise<WorkflowHandle[]> {
  const handles = await Promise.all(Array.from({ length: 5 }, (_, i) => start('counts', `neighbour-${i}`)));
  await Promise.all(handles.map((handle) => handle.signal('count')));
  expect(await Promise.all(handles.map((handle) => handle.query('count')))).toEqual([1, 1, 1, 1, 1]);
  return handles;
}

/** The neighbours go on as if nothing had been. */
async function expectIntact(handles: readonly WorkflowHandle[]): Promise<void> {
  await Promise.all(handles.map((handle) => handle.signal('count')));
  expect(await Promise.all(handles.map((handle) => handle.query('count')))).toEqual([2, 2, 2, 2, 2]);
  await Promise.all(handles.map((handle) => handle.signal('finish')));
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([2, 2, 2, 2, 2]);
  for (const handle of handles) {
    const { events } = await handle.fetchHistory();
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
    expect(events?.filter((event) => event.workflowTaskTimedOutEventAttributes)).toEqual([]);
  }
}

async function startedTasks(handle: WorkflowHandle): Promise<number | undefined> {
  const { events } = await handle.fetchHistory();
  return events?.filter((event) => event.workflowTaskStartedEventAttributes).length;
}

async function failureOf(handle: WorkflowHandle): Promise<string | null | undefined> {
  const { events } = await handle.fetchHistory();
  return events?.flatMap((event) => event.workflowTaskFailedEventAttributes ?? [])[0]?.failure?.message;
}

describe('a worker with bad neighbours on its one thread', () => {
  it('fails the task of a run that loops, and loses none of the others', { timeout: 60_000 }, async () => {
    const stop = await host(1000);
    const handles = await neighbours();
    const looping = await start('loops');
    await expect.poll(() => failureOf(looping), { timeout: 20_000 }).toBe('Script execution timed out after 1000ms');
    await expectIntact(handles);
    await expect(looping.describe()).resolves.toMatchObject({ status: { name: 'RUNNING' } });
    await looping.terminate();
    expect(await stop()).toBe(0);
  });

  it('ends when told to while a run loops', { timeout: 60_000 }, async () => {
    const stop = await host(3000);
    const handles = await neighbours();
    const looping = await start('loops');
    await expect.poll(() => startedTasks(looping)).toBeGreaterThanOrEqual(2);
    expect(await stop()).toBe(0);
    const engine: EmbeddedEngine = await createEmbeddedEngine({ path });
    await engine.client.workflow.getHandle('loops').terminate();
    await engine.close();
    const stopNext = await host(3000);
    await expectIntact(handles);
    expect(await stopNext()).toBe(0);
  });

  it('fails the task of a run that takes all memory, and loses none of the others', { timeout: 60_000 }, async () => {
    const stop = await host(30_000, '--max-old-space-size=160');
    const handles = await neighbours();
    const hoarding = await start('hoards');
    await expect.poll(() => failureOf(hoarding), { timeout: 40_000 }).toMatch(/memory limit/);
    await expectIntact(handles);
    await hoarding.terminate();
    expect(await stop()).toBe(0);
  });
});
