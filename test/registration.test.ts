import { ConfigurationError } from 'perdure/engine';
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

describe('the registration with the official worker', () => {
  it('happens once, however often it is asked for', () => {
    register();
    const installed = { ...OfficialWorker };
    register();
    expect({ ...OfficialWorker }).toEqual(installed);
  });

  it('refuses two copies of the worker, with both paths', () => {
    const { message } = refusal(() => checkCopies('/ours/worker', ['/ours/worker', '/theirs/worker']));
    expect(message).toContain('/ours/worker');
    expect(message).toContain('/theirs/worker');
    expect(() => checkCopies('/ours/worker', ['/ours/worker'])).not.toThrow();
    expect(() => checkCopies('/ours/worker', [])).not.toThrow();
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
