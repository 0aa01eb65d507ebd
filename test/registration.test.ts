import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { type NativeConnection, Worker } from '@temporalio/worker';
import { createEmbeddedEngine } from 'perdure/embedded';
import { ConfigurationError } from 'perdure/engine';
import 'perdure/register';
import { createTemporalEngine } from 'perdure/temporal';
import { describe, expect, it } from 'vitest';
import { OfficialWorker } from '../src/official.ts';
import { checkCopies, checkSeams, checkVersion, register } from '../src/registration.ts';

function refusal(check: () => void): ConfigurationError {
  try {
    check();
  } catch (error) {
    if (ConfigurationError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const workflowsPath = fileURLToPath(new URL('engines/workflows.ts', import.meta.url));
const activities = { greet: async (name: string): Promise<string> => `Hello, ${name}` };
const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];

async function greetBy(connection: NativeConnection, client: Client): Promise<WorkflowHandle> {
  const taskQueue = randomUUID();
  const worker = await Worker.create({ connection, taskQueue, workflowsPath, activities });
  const handle = await client.workflow.start('greetings', { taskQueue, workflowId: randomUUID(), args: ['Ann'] });
  await expect(worker.runUntil(handle.result())).resolves.toBe('Hello, Ann');
  return handle;
}

describe('the registration with the official worker', () => {
  it('happens once, however often it is asked for', () => {
    register();
    const installed = { ...OfficialWorker };
    register();
    expect({ ...OfficialWorker }).toEqual(installed);
  });

  it('lets the official worker run on an engine of ours, and replay', async () => {
    const engine = await createEmbeddedEngine({ memory: true });
    const handle = await greetBy(engine.nativeConnection, engine.client);
    await Worker.runReplayHistory({ workflowsPath }, await handle.fetchHistory());
    await engine.close();
  });

  it.runIf(address !== undefined)('leaves official connections alone', async () => {
    const engine = await createTemporalEngine({}, { TEMPORAL_ADDRESS: address });
    await greetBy(engine.nativeConnection, engine.client);
    await engine.close();
  });

  it('refuses two copies of the worker, with both paths', () => {
    const { message } = refusal(() => checkCopies('/ours/worker', ['/ours/worker', '/theirs/worker']));
    expect(message).toContain('/ours/worker');
    expect(message).toContain('/theirs/worker');
    expect(() => checkCopies('/ours/worker', ['/ours/worker'])).not.toThrow();
    expect(() => checkCopies('/ours/worker', [])).not.toThrow();
  });

  it('finds the copy of the application', async () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'perdure-copies-')));
    const copy = join(folder, 'node_modules', '@temporalio', 'worker');
    mkdirSync(copy, { recursive: true });
    writeFileSync(join(copy, 'package.json'), '{ "name": "@temporalio/worker", "version": "1.24.0" }');
    const code = `await import(${JSON.stringify(new URL('../src/register.ts', import.meta.url).href)})`;
    const args = ['--input-type=module', '--eval', code];
    await expect(promisify(execFile)(process.execPath, args, { cwd: folder })).rejects.toMatchObject({
      stderr: expect.stringContaining(`the application uses ${copy}`),
    });
    rmSync(folder, { recursive: true });
  });

  it('refuses versions that it does not know', () => {
    expect(() => checkVersion('1.24.7')).not.toThrow();
    expect(refusal(() => checkVersion('1.25.0')).message).toContain('version 1.25.0 is not supported');
    expect(refusal(() => checkVersion('2.24.0')).path).toBe('@temporalio/worker');
  });

  it('refuses a worker without the parts that it replaces', () => {
    expect(refusal(() => checkSeams({})).message).toContain(
      'no nativeWorkerCtor.create, nativeWorkerCtor.createReplay, createWorkflowCreator',
    );
  });
});
