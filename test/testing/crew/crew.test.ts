import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { createTestEnvironment, type TestEnvironment } from 'perdure/testing';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backendOf } from '../../../src/runtime/connection.ts';
import { type WorkflowCode, workflowCode } from '../../../src/worker/index.ts';
import { quietRuntime } from '../../../testing/agents/quiet.ts';
import { Crew, type Hand } from '../../../testing/crew/crew.ts';
import { mockedType, mockWorkflows, MOCK_ACTIVITY } from '../../../testing/crew/mock-children.ts';
import { payloadReader } from '../../../testing/crew/payloads.ts';
import { replayAll } from '../../../testing/crew/replay.ts';
import { endFailingRuns } from '../../../testing/crew/task-failures.ts';

let workflowBundle: WorkflowCode;
let env: TestEnvironment;
let crew: Crew;
let calls: string[];
let failures: string[];
let mock: (...args: unknown[]) => Promise<unknown>;

beforeAll(async () => {
  const workflowsPath = fileURLToPath(new URL('./crew-workflows.ts', import.meta.url));
  workflowBundle = await workflowCode({ workflowsPath });
}, 120_000);

beforeEach(async () => {
  quietRuntime();
  env = await createTestEnvironment();
  calls = [];
  failures = [];
  mock = async () => undefined;
  const backend = backendOf(env.nativeConnection);
  if (backend === undefined) throw new Error('unreachable');
  const ending = endFailingRuns(backend.service, (workflowId, reason) => failures.push(`${workflowId}: ${reason}`));
  const service = mockWorkflows({ ...backend, service: ending }, (type) => type === 'elsewhere');
  crew = new Crew({
    backend: { ...backend, service },
    read: payloadReader(env.client),
    hire: async (connection): Promise<Hand> => {
      const worker = await env.createWorker({
        connection: connection as never,
        taskQueue: 'test',
        workflowBundle,
        shutdownForceTime: '100ms',
        workflowThreadPoolSize: 0,
        activities: {
          charge: async (account: string, key: string) => {
            calls.push(`charge ${account} ${key}`);
            return 'receipt';
          },
          ship: async (account: string) => {
            calls.push(`ship ${account}`);
            return 'shipped';
          },
          [MOCK_ACTIVITY]: (...args: unknown[]) => mock(...args),
        },
      });
      return {
        run: () => worker.run(),
        shutdown: () => {
          if (worker.getState() === 'RUNNING') worker.shutdown();
        },
      };
    },
  });
});

afterEach(async () => {
  await crew.stop();
  await env.teardown();
});

async function run(type: string, ...args: unknown[]): Promise<unknown> {
  return await env.client.workflow.execute(type, { taskQueue: 'test', workflowId: randomUUID(), args });
}

describe('a crew', () => {
  it('works as a worker does', async () => {
    await crew.start();
    await expect(run('order', 'acme')).resolves.toEqual(['receipt', 'shipped']);
    expect(calls).toEqual(['charge acme acme-1', 'ship acme']);
    expect([crew.crashes, crew.problems]).toEqual([0, []]);
  });

  it('goes on after a crash, with nothing done twice that was committed', async () => {
    await crew.start();
    crew.crashAt('activity charge', 'after');
    await expect(run('order', 'acme')).resolves.toEqual(['receipt', 'shipped']);
    expect(calls).toEqual(['charge acme acme-1', 'ship acme']);
    expect([crew.crashes, crew.problems]).toEqual([1, []]);
  });

  it('does again what was not committed when it crashed', async () => {
    await crew.start();
    crew.crashAt('activity charge', 'before');
    crew.crashAt('activity ship 1', 'after');
    await expect(run('order', 'acme')).resolves.toEqual(['receipt', 'shipped']);
    expect(calls).toEqual(['charge acme acme-1', 'charge acme acme-1', 'ship acme']);
    expect([crew.crashes, crew.problems]).toEqual([2, []]);
  });

  it('crashes between workflow tasks, before and after their commit', async () => {
    await crew.start();
    crew.crashAt('task 1', 'before');
    crew.crashAt('task 2', 'after');
    await expect(run('order', 'acme')).resolves.toEqual(['receipt', 'shipped']);
    expect([crew.crashes, crew.problems]).toEqual([2, []]);
  });

  it('crashes now', async () => {
    await crew.start();
    const handle = await env.client.workflow.start('waits', { taskQueue: 'test', workflowId: randomUUID() });
    await env.sleep('1 minute');
    crew.crash();
    await handle.signal('go');
    await handle.result();
    expect(crew.crashes).toBe(1);
  });

  it('says which crash did not come', async () => {
    await crew.start();
    crew.crashAt('activity ship 2', 'after');
    await run('order', 'acme');
    expect(crew.problems).toEqual([
      [
        "No worker got to 'activity ship 2', after which it was to die. What was done:",
        '  task: 4 times',
        '  activity charge: 1 time',
        '  activity ship: 1 time',
      ].join('\n'),
    ]);
    expect(() => crew.crashAt('activity ship', 'after')).toThrow(
      "There can be no crash at 'activity ship': it is over.",
    );
  });

  it('says when nobody could take over', async () => {
    await crew.start();
    await crew.stop();
    const backend = backendOf(env.nativeConnection);
    if (backend === undefined) throw new Error('unreachable');
    const lonely = new Crew({ backend, read: payloadReader(env.client), hire: () => Promise.reject(new Error('no')) });
    await expect(lonely.start()).rejects.toThrow('no');
  });
});

describe('mocks of workflows', () => {
  it('answer for workflows that no worker has', async () => {
    mock = async (name, count) => ({ name, count });
    await crew.start();
    await expect(run('parent', 'acme')).resolves.toEqual({ name: 'acme', count: 2 });
    const { events = [] } = await env.client.workflow.getHandle('child-of-acme').fetchHistory();
    const ids = events?.map((event) => event.activityTaskScheduledEventAttributes?.activityId).filter(Boolean) ?? [];
    expect(ids.map((id) => mockedType(id ?? ''))).toEqual(['elsewhere']);
  });

  it('take their time', async () => {
    mock = async () => {
      await env.sleep('2 hours');
      return 'late';
    };
    await crew.start();
    await expect(run('parent', 'acme')).resolves.toBe('late');
  });

  it('fail as the workflow would', async () => {
    mock = () => Promise.reject(ApplicationFailure.nonRetryable('sold out', 'SoldOut'));
    await crew.start();
    const error: unknown = await run('parent', 'acme').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error).toMatchObject({ cause: { cause: { message: 'sold out', type: 'SoldOut' } } });
  });

  it('can be cancelled, and signalled in vain', async () => {
    await crew.start();
    mock = () => new Promise(() => {});
    const child = await env.client.workflow.start('elsewhere', { taskQueue: 'test', workflowId: 'alone' });
    await child.signal('anything');
    await child.cancel();
    await expect(child.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });
});

describe('a workflow whose code fails', () => {
  it('is ended, and says why', async () => {
    await crew.start();
    const error: unknown = await run('buggy').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ cause: { message: expect.stringContaining('x is not a function') } });
    expect(failures).toEqual([expect.stringContaining("The workflow's code failed: x is not a function")]);
  });

  it('is found by replay, when it would do something else', async () => {
    await crew.start();
    await run('order', 'acme');
    await expect(replayAll(env.client, { workflowBundle }, () => false)).resolves.toEqual([]);
    await run('fickle');
    const problems = await replayAll(env.client, { workflowBundle }, () => false);
    expect(problems).toEqual([expect.stringMatching(/The history of run ".*" does not replay: .*deterministic/)]);
    await expect(replayAll(env.client, { workflowBundle }, (type) => type === 'fickle')).resolves.toEqual([]);
  });
});
