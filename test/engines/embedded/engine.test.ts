import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Client } from '@temporalio/client';
import { activityInfo, Context } from '@temporalio/activity';
import type { NativeConnection, Worker, WorkerOptions } from '@temporalio/worker';
import { createEmbeddedEngine, type EmbeddedEngine, type EmbeddedEngineOptions } from 'perdure/embedded';
import { ConfigurationError } from 'perdure/engine';
import { VirtualClock } from 'perdure/testing';
import { afterEach, describe, expect, it } from 'vitest';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const workflowsPath = fileURLToPath(new URL('../workflows.ts', import.meta.url));
const activities = { greet: async (name: string): Promise<string> => `Hello, ${name}` };

describe('the embedded engine', () => {
  const engines: EmbeddedEngine[] = [];
  const folders: string[] = [];

  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  async function create(options: EmbeddedEngineOptions = { memory: true }): Promise<EmbeddedEngine> {
    const engine = await createEmbeddedEngine(options);
    engines.push(engine);
    return engine;
  }

  function file(): string {
    const folder = mkdtempSync(join(tmpdir(), 'perdure-engine-'));
    folders.push(folder);
    return join(folder, 'perdure.db');
  }

  async function greet(engine: EmbeddedEngine, options: Partial<WorkerOptions> = {}): Promise<unknown> {
    const taskQueue = randomUUID();
    const worker = await engine.createWorker({ taskQueue, workflowsPath, activities, ...options });
    return await worker.runUntil(
      engine.client.workflow.execute('greetings', { taskQueue, workflowId: randomUUID(), args: ['Ann'] }),
    );
  }

  it.each([
    [{ memory: true, path: 'x.db' }, 'memory', 'together with `path`'],
    [{ path: ' ' }, 'path', 'is empty'],
    [{ path: ':memory:' }, 'path', 'is no file here'],
    [{ path: 'a\0b' }, 'path', 'null character'],
    [{ path: 7 }, 'path', '7 is no text. Name a file'],
    [{ path: new URL('file:///tmp/perdure.db') }, 'path', 'fileURLToPath'],
    [{ pth: 'x.db' }, 'pth', 'no such setting. Known here: path, memory, namespace'],
    [{ memory: 'yes' }, 'memory', "'yes' is neither true nor false"],
    [{ namespace: '' }, 'namespace', 'is no text'],
    [{ memory: true, clock: Date }, 'clock', 'is no clock'],
    [{ memory: true, client: 1 }, 'client', 'options of a client'],
    [{ memory: true, client: { namespace: 'other' } }, 'client', 'without `connection` and `namespace`'],
    ['x.db', 'options', 'is no object'],
  ])('refuses %o', async (options, path, problem) => {
    const error = await createEmbeddedEngine(options as EmbeddedEngineOptions).catch((reason: unknown) => reason);
    expect(ConfigurationError.is(error)).toBe(true);
    expect(error).toMatchObject({ path, fix: expect.any(String), message: expect.stringContaining(problem) });
  });

  it('tells what it is and how it is', async () => {
    const engine = await create();
    await engine.client.workflow.start('greetings', { taskQueue: 'nobody', workflowId: 'waiting', args: ['Ann'] });
    await expect(engine.info()).resolves.toMatchObject({
      name: 'embedded',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      features: expect.arrayContaining(['upsertMemo']),
      limits: { idLength: 1000, workflowTaskTimeout: 120_000 },
    });
    const start = (length: number): Promise<unknown> =>
      engine.client.workflow.start('greetings', { taskQueue: 'nobody', workflowId: 'x'.repeat(length), args: ['Ann'] });
    await start(1000);
    await expect(start(1001)).rejects.toMatchObject({ cause: { details: expect.stringContaining('exceeds limit') } });
    await expect(engine.health()).resolves.toMatchObject({ status: 'healthy', activeRuns: 2, error: undefined });
    await engine.close();
    await expect(engine.health()).resolves.toMatchObject({ status: 'unhealthy' });
  });

  it('tells how much may travel between processes', async () => {
    const engine = await create({ path: file() });
    expect((await engine.info()).limits).toMatchObject({ messageSize: 128 * 1024 * 1024 });
  });

  it('runs workers with the ways of the official host', async () => {
    const engine = await create();
    await expect(greet(engine, { debugMode: true })).resolves.toBe('Hello, Ann');
    await expect(greet(engine, { reuseV8Context: false })).resolves.toBe('Hello, Ann');
  });

  it('gives activities a client', async () => {
    const engine = await create();
    const describeOwnRun = async (): Promise<string> => {
      const { workflowExecution } = activityInfo();
      const { status } = await Context.current()
        .client.workflow.getHandle(workflowExecution?.workflowId ?? '')
        .describe();
      return status.name;
    };
    await expect(greet(engine, { activities: { greet: describeOwnRun } })).resolves.toBe('RUNNING');
  });

  it('shares a file with another engine', async () => {
    const path = file();
    const [one, two] = [await create({ path }), await create({ path })];
    const taskQueue = 'shared';
    const worker = await two.createWorker({ taskQueue, workflowsPath, activities });
    const result = one.client.workflow.execute('greetings', { taskQueue, workflowId: randomUUID(), args: ['Ann'] });
    await expect(worker.runUntil(result)).resolves.toBe('Hello, Ann');
  });

  it('lets a worker move to another connection', async () => {
    const [one, two] = [await create(), await create()];
    const taskQueue = 'moving';
    const worker = (await one.createWorker({ taskQueue, workflowsPath, activities })) as Worker;
    await worker.runUntil(async () => {
      worker.connection = two.nativeConnection;
      const client = new Client({ connection: two.connect() });
      const start = { taskQueue, workflowId: randomUUID(), args: ['Ann'] };
      await expect(client.workflow.execute('greetings', start)).resolves.toBe('Hello, Ann');
      expect(() => (worker.connection = {} as NativeConnection)).toThrow('cannot move to another engine');
    });
  });

  it('ends a worker in real time, also where time is virtual', async () => {
    const engine = await create({ memory: true, clock: new VirtualClock() });
    const taskQueue = 'grace';
    let cancelled: unknown;
    const waitsForCancellation = async (): Promise<string> => {
      cancelled = await Context.current().cancelled.catch((reason: unknown) => reason);
      throw cancelled;
    };
    const worker = await engine.createWorker({
      taskQueue,
      workflowsPath,
      activities: { greet: waitsForCancellation },
      shutdownGraceTime: '50ms',
    });
    const running = worker.run();
    await engine.client.workflow.start('greetings', { taskQueue, workflowId: randomUUID(), args: ['Ann'] });
    await expect.poll(() => worker.getStatus().numInFlightActivities).toBe(1);
    worker.shutdown();
    await running;
    expect(cancelled).toMatchObject({ message: 'WORKER_SHUTDOWN' });
  });

  it('ends what is waited for when it closes', async () => {
    const engine = await create();
    const client = new Client({ connection: engine.connect() });
    const handle = await client.workflow.start('greetings', { taskQueue: 'nobody', workflowId: 'waiting' });
    const [one, two] = [handle.result(), engine.client.workflow.result('waiting')].map(async (result) => {
      return await result.catch((error: Error) => error.cause);
    });
    await engine.close();
    await expect(one).resolves.toMatchObject({ code: 14 });
    await expect(two).resolves.toMatchObject({ code: 14 });
  });

  it('keeps nothing of workers that have ended', async () => {
    const engine = await create();
    const ended: WeakRef<object>[] = [];
    for (let i = 0; i < 3; i++) {
      const worker = (await engine.createWorker({ taskQueue: `short-lived-${i}`, activities })) as Worker;
      ended.push(new WeakRef(worker));
      await worker.runUntil(Promise.resolve());
    }
    await expect
      .poll(() => (collectGarbage(), ended.filter((worker) => worker.deref() !== undefined).length))
      .toBeLessThan(3);
  });

  it('refuses to close while workers run', async () => {
    const engine = await create();
    const worker = await engine.createWorker({ taskQueue: 'busy', activities });
    await worker.runUntil(async () => {
      await expect(engine.close()).rejects.toThrow('Cannot close the engine while Workers run');
      await expect(engine.health()).resolves.toMatchObject({ status: 'healthy' });
    });
  });
});
