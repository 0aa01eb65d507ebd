import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Runtime } from '@temporalio/worker';
import { connect, defineAgent, defineTool, migrateRun, type Migration, type Perdure } from 'perdure';
import type { Engine } from 'perdure/engine';
import { createRoutedEngine, type EngineConfig, openEngine } from 'perdure/engines';
import { createWorker } from 'perdure/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../support/silent-logger.ts';
import { lastSaid, scripted } from '../worker/support.ts';
import { arrived, mail, parcel } from './workflows/routing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
Runtime.install({ logger: silentLogger });

const { PERDURE_TEST_TEMPORAL_ADDRESS: address, PERDURE_TEST_REDIS_URL: redis } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'perdure-migrate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const sqlite: EngineConfig = { type: 'embedded', path: join(folder, 'runs.db') };
const memory: EngineConfig = { type: 'embedded', memory: true };
const bullmq: EngineConfig = { type: 'bullmq', redis: redis ?? '', prefix: `migrate-${randomUUID()}` };
const temporal: EngineConfig = { type: 'temporal', connection: { address: address ?? '' } };
const pairs: readonly [string, boolean, EngineConfig, EngineConfig][] = [
  ['from SQLite to memory', true, sqlite, memory],
  ['from memory to Temporal', address !== undefined, memory, temporal],
  ['from Redis to Temporal', address !== undefined && redis !== undefined, bullmq, temporal],
];

const secret = 'a secret of the tests that is long enough';
const tokens: string[] = [];
const ship = defineTool({
  name: 'ship',
  description: 'Ships, some day.',
  completion: 'async',
  run: async (_, { completionToken }) => void tokens.push(completionToken),
});
const desk = defineAgent({
  name: 'desk',
  model: scripted(
    { calls: [{ tool: 'request_user_input', input: { message: 'Ship it?' } }] },
    (options) => ({ text: lastSaid(options), calls: [{ tool: 'ship' }] }),
    (options) => ({ text: `${String(options.prompt.length)} messages, and ${lastSaid(options)}` }),
  ),
  instructions: 'Ask and ship.',
  tools: [ship],
});
const boss = defineAgent({
  name: 'boss',
  model: scripted({ calls: [{ tool: 'desk', input: { message: 'Ship.' } }] }, { text: 'Shipped.' }),
  instructions: 'Let ship.',
  agents: [desk],
});
const stuck: (() => void)[] = [];
const wait = defineTool({
  name: 'wait',
  description: 'Waits.',
  run: async () => await new Promise<string>((resolve) => stuck.push(() => resolve('waited'))),
});
const waiter = defineAgent({
  name: 'waiter',
  model: scripted({ calls: [{ tool: 'wait' }] }, (options) => ({ text: lastSaid(options) })),
  instructions: 'Wait.',
  tools: [wait],
});

/** Works on an engine until `stop`. */
async function work(engine: Engine, taskQueue: string): Promise<{ stop: () => Promise<void> }> {
  const worker = await createWorker({
    engine,
    taskQueue,
    secret,
    agents: [boss, waiter],
    workflowsPath: fileURLToPath(new URL('workflows/routing.ts', import.meta.url)),
    activities: { stamp: async (text: string) => `stamped ${text}` },
    workerOptions: { workflowThreadPoolSize: 1 },
  });
  const running = worker.run();
  return {
    stop: async () => {
      worker.shutdown();
      await running;
    },
  };
}

describe.each(pairs.filter(([, isAvailable]) => isAvailable))('a run moves %s', (_name, _isAvailable, here, there) => {
  let taskQueue: string;
  let from: Engine;
  let to: Engine;
  let source: Perdure;
  let target: Perdure;

  beforeAll(async () => {
    [from, to] = await Promise.all([openEngine(here), openEngine(there)]);
  });
  beforeEach(async () => {
    tokens.length = 0;
    taskQueue = `migrate-${randomUUID()}`;
    const options = { taskQueue, secret };
    [source, target] = await Promise.all([connect({ engine: from, ...options }), connect({ engine: to, ...options })]);
  });
  afterAll(async () => {
    await Promise.all([from.close(), to.close()]);
  });

  const move = async (id: string): Promise<Migration> => await migrateRun(id, { from, to });
  /** Until what a run waits for is something else. */
  const waitsFor = async (perdure: Perdure, id: string, kind: string): Promise<void> => {
    await expect.poll(async () => (await perdure.run(id).pending()).map((each) => each.kind)).toEqual([kind]);
  };

  it('anew when it has not begun, with the signals that came', async () => {
    const workflowId = randomUUID();
    const handle = await source.client.workflow.start(parcel, {
      taskQueue,
      workflowId,
      memo: { note: 'fragile' },
      workflowExecutionTimeout: '1 hour',
    });
    await handle.signal(arrived, 'Oslo');
    await handle.signal(arrived, 'Bergen');
    expect(await migrateRun(workflowId, { from, to, dryRun: true })).toEqual({
      type: 'possible',
      way: 'anew',
      signals: 2,
    });
    expect((await handle.describe()).status.name).toBe('RUNNING');

    expect(await move(workflowId)).toMatchObject({ type: 'moved', runId: handle.firstExecutionRunId });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining(`Moved to the engine '${to.name}'`) as string },
    });
    const worker = await work(to, taskQueue);
    const moved = target.client.workflow.getHandle<typeof parcel>(workflowId);
    await expect(moved.result()).resolves.toBe('stamped Oslo, Bergen');
    const { memo, raw, type } = await moved.describe();
    expect([type, memo?.['note']]).toEqual(['parcel', 'fragile']);
    const expires = Number(raw.executionConfig?.workflowExecutionTimeout?.seconds);
    expect(expires).toBeGreaterThan(3000);
    expect(expires).toBeLessThanOrEqual(3600);
    await worker.stop();
    // It was moved, and is not moved again.
    expect(await move(workflowId)).toMatchObject({ type: 'moved' });
  });

  it('with all that its agent knows, and with what it waits for', async () => {
    const first = await work(from, taskQueue);
    const run = await source.start(desk, { input: 'Order 1042' });
    await waitsFor(source, run.id, 'input');
    expect(await migrateRun(run.id, { from, to, dryRun: true })).toEqual({
      type: 'possible',
      way: 'continued',
      signals: 0,
    });
    expect(await move(run.id)).toMatchObject({ type: 'moved' });
    await first.stop();

    const second = await work(to, taskQueue);
    expect((await target.run(run.id).pending()).map(({ message }) => message)).toEqual(['Ship it?']);
    await target.run(run.id).reply('Yes.');
    await expect.poll(() => tokens.length).toBe(1);
    await target.completeTool(tokens[0] ?? '', { result: 'shipped' });
    expect(await target.run(run.id).result()).toMatch(/^6 messages, and .*shipped/);
    const said = JSON.stringify(await target.run(run.id).messages());
    expect(said).toContain('Order 1042');
    expect(said).toContain('Yes.');
    await second.stop();
  });

  it('and tokens, handles and events of before are good on a routed engine', async () => {
    const routed = await createRoutedEngine({
      engines: { from, to },
      rules: [{ agent: 'desk', engine: 'from' }],
      default: 'to',
    });
    const perdure = await connect({ engine: routed, taskQueue, secret });
    const worker = await work(routed, taskQueue);
    const run = await perdure.start(desk, { input: 'Order 1043' });
    const types: string[] = [];
    const reading = (async () => {
      for await (const { type } of run.events()) types.push(type);
    })();
    await waitsFor(perdure, run.id, 'input');
    await run.reply('Yes.');
    await expect.poll(() => tokens.length).toBe(1);
    await waitsFor(perdure, run.id, 'tool');
    expect(await move(run.id)).toMatchObject({ type: 'moved' });
    expect((await perdure.client.workflow.getHandle(run.id).describe()).status.name).toBe('RUNNING');

    await perdure.completeTool(tokens[0] ?? '', { result: 'shipped' });
    expect(await run.result()).toMatch(/^6 messages, and .*shipped/);
    await reading;
    expect(types.filter((type) => ['run_started', 'run_completed', 'run_terminated'].includes(type))).toEqual([
      'run_started',
      'run_completed',
    ]);
    // The first run of the chain is one of the other engine, and its handle is good for it all the same.
    const again = await perdure.start(desk, { input: 'Order 1044' });
    await waitsFor(perdure, again.id, 'input');
    await move(again.id);
    await again.abort();
    await expect(again.result()).rejects.toMatchObject({ name: 'RunTerminatedError' });
    await worker.stop();
    await routed.close();
  });

  it('and hears what comes while it is moved', async () => {
    const workflowId = randomUUID();
    const handle = await source.client.workflow.start(parcel, { taskQueue, workflowId });
    const { workflowService } = from.client;
    const terminate = workflowService.terminateWorkflowExecution.bind(workflowService);
    const spy = vi.spyOn(workflowService, 'terminateWorkflowExecution').mockImplementationOnce(async (request) => {
      await handle.signal(arrived, 'Narvik');
      return await terminate(request);
    });
    await move(workflowId);
    spy.mockRestore();
    const worker = await work(to, taskQueue);
    await expect(target.client.workflow.getHandle(workflowId).result()).resolves.toBe('stamped Narvik');
    await worker.stop();
  });

  it.each([
    ['before it is started there', 'to', 'startWorkflowExecution', 'before', 'PAUSED'],
    ['after it was started there', 'to', 'startWorkflowExecution', 'after', 'PAUSED'],
    ['before it is ended here', 'from', 'terminateWorkflowExecution', 'before', 'PAUSED'],
    ['after it was ended here', 'from', 'terminateWorkflowExecution', 'after', 'TERMINATED'],
  ] as const)('once, when it is interrupted %s', async (_when, side, method, moment, state) => {
    const first = await work(from, taskQueue);
    const run = await source.start(desk, { input: 'Order 1042' });
    await waitsFor(source, run.id, 'input');
    const { workflowService } = (side === 'from' ? from : to).client;
    const call = workflowService[method].bind(workflowService) as (request: object) => Promise<object>;
    const spy = vi.spyOn(workflowService, method).mockImplementationOnce(async (request: object) => {
      if (moment === 'after') await call(request);
      throw new Error('killed');
    });
    await expect(move(run.id)).rejects.toThrow('killed');
    spy.mockRestore();
    expect((await source.client.workflow.getHandle(run.id).describe()).status.name).toBe(state);
    expect(await move(run.id)).toMatchObject({ type: 'moved' });
    expect((await source.client.workflow.getHandle(run.id).describe()).status.name).toBe('TERMINATED');
    await first.stop();
    const second = await work(to, taskQueue);
    await target.run(run.id).reply('Yes.');
    await expect.poll(() => tokens.length).toBe(1);
    await target.completeTool(tokens[0] ?? '', { result: 'shipped' });
    expect(await target.run(run.id).result()).toContain('shipped');
    await second.stop();
  });

  describe('but stays, and goes on,', () => {
    const problems = (migration: Migration): string =>
      migration.type === 'refused' ? migration.obstacles.map(({ problem }) => problem).join(' ') : migration.type;
    const runs = async (id: string): Promise<void> =>
      expect((await source.client.workflow.getHandle(id).describe()).status.name).toBe('RUNNING');

    it('in the middle of something', async () => {
      const worker = await work(from, taskQueue);
      const workflowId = randomUUID();
      const handle = await source.client.workflow.start(parcel, { taskQueue, workflowId });
      await handle.query('stations');
      const own = problems(await move(workflowId));
      expect(own).toContain("It is a workflow of your own ('parcel') in the middle of its code");
      expect(problems(await migrateRun(workflowId, { from, to, dryRun: true }))).toBe(own);
      await runs(workflowId);
      await handle.signal(arrived, 'Rome');
      await expect(handle.result()).resolves.toBe('stamped Rome');

      const waiting = await source.start(waiter, { input: 'Wait.' });
      await expect.poll(() => stuck.length).toBe(1);
      expect(problems(await move(waiting.id))).toContain('It is waiting for activities: agent.executeTool.');
      await runs(waiting.id);
      stuck.pop()?.();
      expect(await waiting.result()).toContain('waited');

      const caller = await source.start(boss, { input: 'Ship.' });
      await waitsFor(source, caller.id, 'input');
      expect(problems(await move(caller.id))).toMatch(/^Its sub-agents are at work: .*desk\.$/);
      const [asked] = await source.run(caller.id).pending();
      expect(problems(await move(asked?.workflowId ?? ''))).toContain(`It is a child of '${caller.id}'`);
      await caller.abort();
      await worker.stop();
    });

    it('when somebody has paused it, or nobody can say what its agent knows', async () => {
      const worker = await work(from, taskQueue);
      const run = await source.start(desk, { input: 'Order 1042' });
      await waitsFor(source, run.id, 'input');
      await run.pause();
      expect(problems(await move(run.id))).toContain('It is paused, by ');
      await run.resume();
      await worker.stop();
      const withDeadline = vi.spyOn(from.client, 'withDeadline').mockImplementationOnce(async () => {
        throw new Error('nobody is there');
      });
      expect(problems(await move(run.id))).toContain('No worker has said what its agent knows (nobody is there).');
      withDeadline.mockRestore();
      await runs(run.id);
      await run.abort();
    });

    it('when its id is in use there', async () => {
      const workflowId = randomUUID();
      await source.client.workflow.start(mail, { taskQueue, workflowId, args: ['here'] });
      const other = await target.client.workflow.start(mail, { taskQueue, workflowId, args: ['there'] });
      expect(problems(await move(workflowId))).toBe(`On the engine '${to.name}' another run has this id.`);
      await runs(workflowId);
      await other.terminate();
      expect(await move(workflowId)).toMatchObject({ type: 'moved' });
      await target.client.workflow.getHandle(workflowId).terminate();
      await expect(move(randomUUID())).rejects.toMatchObject({ name: 'RunNotFoundError' });
    });
  });
});
