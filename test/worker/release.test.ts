import { describe, expect, it } from 'vitest';
import { AgentWorker, type AgentWorkerParts } from '../../src/worker/agent-worker.ts';
import { releaseAll } from '../../src/worker/release.ts';
import { silent } from './support.ts';

const failing = (message: string) => () => Promise.reject(new Error(message));

describe('letting go', () => {
  it('goes through all steps from the last to the first, also past one that fails', async () => {
    const done: number[] = [];
    const step = (name: number) => async () => void done.push(name);
    const steps = [step(1), failing('tokens'), step(2), step(3)];
    await expect(releaseAll(steps)).rejects.toThrow(/^tokens$/);
    expect(done).toEqual([3, 2, 1]);
    await releaseAll(steps);
    expect(done).toHaveLength(3);
  });

  it('tells all errors, the first of them first', async () => {
    const released = releaseAll([failing('registry'), failing('engine')]);
    await expect(released).rejects.toMatchObject({
      name: 'AggregateError',
      message: 'engine (and 1 more)',
      errors: [{ message: 'engine' }, { message: 'registry' }],
    });
  });
});

describe('a worker of which something does not close', () => {
  const workerThat = (run: () => Promise<void>, warnings: unknown[] = []): AgentWorker =>
    new AgentWorker({
      worker: { run, getState: () => 'STOPPED' },
      engine: { name: 'fake' },
      taskQueue: 'queue',
      agents: [],
      release: failing('It does not close.'),
      logger: { ...silent, warn: (_: string, meta: object) => void warnings.push(meta) },
    } as unknown as AgentWorkerParts);

  it('says so when it has ended', async () => {
    await expect(workerThat(() => Promise.resolve()).run()).rejects.toThrow(/^It does not close\.$/);
  });

  it('says rather why it ended', async () => {
    const warnings: unknown[] = [];
    await expect(workerThat(failing('The server is gone.'), warnings).run()).rejects.toThrow(/^The server is gone\.$/);
    expect(warnings).toMatchObject([{ error: { message: 'It does not close.' } }]);
  });
});
