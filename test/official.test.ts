import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import * as client from '../src/official-client.ts';
import * as isolate from '../src/official-isolate.ts';
import * as official from '../src/official.ts';

const require = createRequire(import.meta.url);
const hint = 'moved or changed in the official SDK; see src/official.ts';

/** Names of members that the class has, of those asked for. */
function present(target: object, names: readonly string[]): string[] {
  return names.filter((name) => name in target);
}

describe('the internals of the official SDK that this package stands on', () => {
  it.each([
    '@temporalio/client',
    '@temporalio/common',
    '@temporalio/core-bridge',
    '@temporalio/proto',
    '@temporalio/worker',
    '@temporalio/workflow',
  ])('%s is of the version that was checked', (name) => {
    const { version } = require(`${name}/package.json`) as { version: string };
    expect(version, `${name} is a new minor version: check src/official.ts against it`).toMatch(/^1\.24\./);
  });

  it.each([
    ...Object.entries(official).map(([name, value]) => ['official', name, value] as const),
    ...Object.entries(client).map(([name, value]) => ['official-client', name, value] as const),
    ...Object.entries(isolate).map(([name, value]) => ['official-isolate', name, value] as const),
  ])('%s.ts: %s is there', (_file, name, value) => {
    expect(value, `${name} ${hint}`).toBeDefined();
  });

  it('has the seams of the worker', () => {
    const statics = ['create', 'nativeWorkerCtor', 'createWorkflowCreator', 'getOrCreateBundle', 'runReplayHistory'];
    expect(present(official.OfficialWorker, statics), hint).toEqual(statics);
    expect(present(official.OfficialWorker.nativeWorkerCtor, ['create', 'createReplay']), hint).toHaveLength(2);
    const instance = ['createWorkflow', 'handleActivation', 'processSinkCalls', 'run', 'shutdown'];
    expect(present(official.OfficialWorker.prototype, instance), hint).toEqual(instance);
  });

  it('has the native functions and errors', () => {
    const functions = ['getTimeOfDay', 'workerPollWorkflowActivation', 'workerCompleteWorkflowActivation'];
    expect(present(official.native, functions), hint).toEqual(functions);
    expect(official.nativeErrors.ShutdownError, hint).toBeTypeOf('function');
  });

  it('has what the workflow host takes from the official ones', () => {
    const handlers = ['overridePrepareStackTrace', 'install', 'addWorkflowBundle', 'removeWorkflowBundle'];
    expect(present(isolate.GlobalHandlers.prototype, handlers), hint).toEqual(handlers);
    expect(present(isolate.globalHandlers, ['installed']), hint).toHaveLength(1);
    expect(isolate.SdkFlags, hint).toHaveProperty('ProcessWorkflowActivationJobsAsSingleBatch');
  });

  it('has the runtime that the workflow host calls inside the realm', () => {
    const api = require('@temporalio/workflow/lib/worker-interface') as object;
    const calls = [
      'initRuntime',
      'initialize',
      'activate',
      'tryUnblockConditions',
      'concludeActivation',
      'dispose',
      'destroy',
    ];
    expect(present(api, calls), hint).toEqual(calls);
    const { Activator } = require('@temporalio/workflow/lib/internals') as { Activator: { prototype: object } };
    const members = [
      'addKnownFlags',
      'errorToFailure',
      'getAndResetSinkCalls',
      'hasFlag',
      'mutateWorkflowInfo',
      'notifyHasPatch',
      'updateRandomSeed',
    ];
    expect(present(Activator.prototype, members), hint).toEqual(members);
  });
});
