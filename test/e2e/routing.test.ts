import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { activityInfo, CompleteAsyncError } from '@temporalio/activity';
import { WithStartWorkflowOperation, WorkflowFailedError } from '@temporalio/client';
import { Runtime } from '@temporalio/worker';
import { connect } from 'perdure';
import type { Engine } from 'perdure/engine';
import { createRoutedEngine, type EngineConfig, openEngine, type RoutedEngine } from 'perdure/engines';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { workflowCode } from '../../src/worker/index.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { arrived, customs, mail, parcel, reroute, stations } from './workflows/routing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const { PERDURE_TEST_TEMPORAL_ADDRESS: address, PERDURE_TEST_REDIS_URL: redis } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'perdure-routing-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pairs: readonly [string, boolean, { main: EngineConfig; small: EngineConfig }][] = [
  [
    'memory and SQLite',
    true,
    {
      main: { type: 'embedded', memory: true },
      // Another name, as engines often have.
      small: { type: 'embedded', path: join(folder, 'runs.db'), namespace: 'jobs' },
    },
  ],
  [
    'Temporal and Redis',
    address !== undefined && redis !== undefined,
    {
      main: { type: 'temporal', connection: { address: address ?? '' } },
      small: { type: 'bullmq', redis: redis ?? '', prefix: `routing-${randomUUID()}` },
    },
  ],
];

Runtime.install({ logger: silentLogger });

describe.each(pairs.filter(([, isAvailable]) => isAvailable))(
  'a routed engine of %s',
  (_name, _isAvailable, engines) => {
    const taskQueue = `routing-${randomUUID()}`;
    const rules = [
      { workflowType: 'mail', engine: 'small' },
      { agent: 'digest', engine: 'small' },
      { when: ({ workflowId }: { workflowId: string }) => workflowId.startsWith('small-'), engine: 'small' },
    ];
    const options = { rules, default: 'main' };
    const tokens: { token: Uint8Array; workflowId: string; activityId: string }[] = [];
    const activities = {
      stamp: async (text: string): Promise<string> => `stamped ${text}`,
      askCustoms: async (): Promise<string> => {
        const { taskToken, workflowExecution, activityId } = activityInfo();
        tokens.push({ token: taskToken, workflowId: workflowExecution?.workflowId ?? '', activityId });
        throw new CompleteAsyncError();
      },
    };
    let routed: RoutedEngine;
    /** The same engines, by somebody who has started nothing. */
    let stranger: RoutedEngine;
    let stop: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      routed = await createRoutedEngine({ ...options, engines });
      const parts = { main: routed.engine('main'), small: routed.engine('small') };
      stranger = await createRoutedEngine({ ...options, engines: parts });
      const workflowsPath = fileURLToPath(new URL('workflows/routing.ts', import.meta.url));
      const workflowBundle = await workflowCode({ workflowsPath });
      const worker = await routed.createWorker({ taskQueue, workflowBundle, activities, workflowThreadPoolSize: 1 });
      const running = worker.run();
      stop = async () => {
        worker.shutdown();
        await running;
        await stranger.close();
        await routed.close();
      };
    });
    afterAll(async () => await stop?.());

    const ids = { main: () => randomUUID(), small: () => `small-${randomUUID()}` };
    const isOn = async (name: string, workflowId: string): Promise<boolean> => {
      try {
        await routed.engine(name).client.workflow.getHandle(workflowId).describe();
        return true;
      } catch (error) {
        expect(error).toMatchObject({ name: 'WorkflowNotFoundError' });
        return false;
      }
    };
    const whereIs = async (workflowId: string): Promise<string[]> => {
      const found = await Promise.all(
        ['main', 'small'].map(async (name) => ((await isOn(name, workflowId)) ? [name] : [])),
      );
      return found.flat();
    };

    it('starts where the first rule says that fits', async () => {
      const { workflow } = routed.client;
      const sent = await workflow.start(mail, { taskQueue, workflowId: ids.main(), args: ['Dear Ann'] });
      const small = await workflow.start(parcel, { taskQueue, workflowId: ids.small() });
      const big = await workflow.start(parcel, { taskQueue, workflowId: ids.main() });
      await expect(sent.result()).resolves.toBe('stamped Dear Ann');
      expect(await Promise.all([sent, small, big].map(({ workflowId }) => whereIs(workflowId)))).toEqual([
        ['small'],
        ['small'],
        ['main'],
      ]);
      await Promise.all([small.terminate(), big.terminate()]);

      const perdure = await connect({ engine: routed, taskQueue: randomUUID() });
      // Others have runs on the same server.
      const idPrefix = `asked-${randomUUID()}-`;
      const digest = await perdure.start('digest', { id: `${idPrefix}digest`, input: 'the news' });
      const support = await perdure.start('support', { id: `${idPrefix}support`, input: 'help' });
      expect(await Promise.all([whereIs(digest.id), whereIs(support.id)])).toEqual([['small'], ['main']]);
      // Both may have begun in the same millisecond.
      const { runs } = await perdure.listRuns({ status: 'running', idPrefix });
      expect(runs.map(({ id }) => id).toSorted()).toEqual([digest.id, support.id]);
      await Promise.all([digest.abort(), support.abort()]);
    });

    describe.each(['main', 'small'] as const)('a run on %s', (where) => {
      it('is found by its id, by whoever asks', async () => {
        const workflowId = ids[where]();
        await routed.client.workflow.start(parcel, { taskQueue, workflowId });
        const handle = stranger.client.workflow.getHandle<typeof parcel>(workflowId);
        expect((await handle.describe()).status.name).toBe('RUNNING');
        await expect(handle.executeUpdate(reroute, { args: ['Oslo'] })).resolves.toBe('to Oslo');
        await expect(handle.query(stations)).resolves.toEqual(['Oslo!']);
        await expect(handle.result()).resolves.toBe('stamped Oslo!');
        await expect(handle.query(stations)).resolves.toEqual(['Oslo!']);
        const { events = [] } = await handle.fetchHistory();
        expect(Number(events?.at(-1)?.eventId)).toBe(events?.length);
        await expect(handle.signal(arrived, 'late')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
      });

      it('stays there when it goes on as new, and so do its children', async () => {
        const workflowId = ids[where]();
        const handle = await routed.client.workflow.start(parcel, { taskQueue, workflowId, args: ['airport'] });
        const other = stranger.client.workflow.getHandle<typeof parcel>(workflowId);
        await other.signal(arrived, 'Rome');
        const isNew = async (): Promise<boolean> => (await other.describe()).runId !== handle.firstExecutionRunId;
        await expect.poll(isNew).toBe(true);
        await other.signal(arrived, 'Bonn');
        await expect(handle.result()).resolves.toBe('stamped label of Bonn');
        expect([await whereIs(workflowId), await whereIs(`${workflowId}/label`)]).toEqual([[where], [where]]);
      });

      it('is cancelled and terminated', async () => {
        const [cancelled, terminated] = await Promise.all(
          [ids[where](), ids[where]()].map((workflowId) =>
            routed.client.workflow.start(parcel, { taskQueue, workflowId }),
          ),
        );
        await stranger.client.workflow.getHandle(cancelled?.workflowId ?? '').cancel();
        await stranger.client.workflow.getHandle(terminated?.workflowId ?? '').terminate('lost');
        await expect(cancelled?.result()).rejects.toThrow(WorkflowFailedError);
        await expect(terminated?.result()).rejects.toMatchObject({ cause: { message: 'lost' } });
      });

      it('keeps its id to itself while it is open', async () => {
        const there = ids[where]();
        const { workflow } = stranger.client;
        await routed.client.workflow.start(parcel, { taskQueue, workflowId: there });
        // The rules lead this one to the other engine, for a run on main; its own engine refuses it for one on small.
        const start = { taskQueue, workflowId: there, args: ['again'] } as const;
        await expect(workflow.start(mail, start)).rejects.toMatchObject({
          name: 'WorkflowExecutionAlreadyStartedError',
        });
        const used = await workflow.start(mail, { ...start, workflowIdConflictPolicy: 'USE_EXISTING' });
        expect((await used.describe()).type).toBe('parcel');
        await workflow.signalWithStart(mail, { ...start, signal: arrived, signalArgs: ['Bern'] });
        await expect(used.result()).resolves.toBe('stamped Bern');

        const rejected = workflow.start(mail, { ...start, workflowIdReusePolicy: 'REJECT_DUPLICATE' });
        await expect(rejected).rejects.toMatchObject({ name: 'WorkflowExecutionAlreadyStartedError' });
        const failedOnly = workflow.start(mail, { ...start, workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' });
        await expect(failedOnly).rejects.toMatchObject({ name: 'WorkflowExecutionAlreadyStartedError' });
        await expect(workflow.execute(mail, start)).resolves.toBe('stamped again');
        expect((await routed.client.workflow.getHandle(there).describe()).type).toBe('mail');
      });

      it('makes room for another one when it is told to', async () => {
        const workflowId = ids[where]();
        const first = await routed.client.workflow.start(parcel, { taskQueue, workflowId });
        const next = await stranger.client.workflow.start(mail, {
          taskQueue,
          workflowId,
          args: ['urgent'],
          workflowIdConflictPolicy: 'TERMINATE_EXISTING',
        });
        await expect(first.result()).rejects.toMatchObject({ cause: { name: 'TerminatedFailure' } });
        await expect(next.result()).resolves.toBe('stamped urgent');
      });

      it('takes the results of activities by token and by id', async () => {
        const { workflow } = routed.client;
        const runs = await Promise.all(
          [1, 2].map(() => workflow.start(customs, { taskQueue, workflowId: ids[where]() })),
        );
        await expect.poll(() => tokens.length).toBe(2);
        const [byToken, byId] = tokens.splice(0);
        await stranger.client.activity.complete(byToken?.token ?? new Uint8Array(), 'passed');
        await stranger.client.activity.complete(
          { workflowId: byId?.workflowId ?? '', activityId: byId?.activityId ?? '' },
          'passed, too',
        );
        expect(await Promise.all(runs.map((run) => run.result()))).toEqual(
          expect.arrayContaining(['passed', 'passed, too']),
        );
        await expect(
          stranger.client.activity.complete(byToken?.token ?? new Uint8Array(), 'twice'),
        ).rejects.toMatchObject({
          name: 'ActivityNotFoundError',
        });
      });

      it('takes an update with a start', async () => {
        const workflowId = ids[where]();
        const update = async (client = routed.client, type: typeof mail | typeof parcel = parcel): Promise<string> =>
          await client.workflow.executeUpdateWithStart(reroute, {
            args: ['Graz'],
            startWorkflowOperation: new WithStartWorkflowOperation(type as typeof parcel, {
              taskQueue,
              workflowId,
              workflowIdConflictPolicy: 'USE_EXISTING',
            }),
          });
        await expect(update()).resolves.toBe('to Graz');
        await expect(routed.client.workflow.getHandle(workflowId).result()).resolves.toBe('stamped Graz!');
        expect(await whereIs(workflowId)).toEqual([where]);
        await routed.client.workflow.start(parcel, { taskQueue, workflowId });
        // The rules say small, and it is where it is.
        await expect(update(stranger.client, mail)).resolves.toBe('to Graz');
        expect(await whereIs(workflowId)).toEqual([where]);
      });
    });

    it('lists and counts the runs of all engines, page by page', async () => {
      const started: string[] = [];
      const kind = `listed-${randomUUID()}`;
      const start = async (workflowId: string): Promise<void> => {
        await routed.client.workflow.start(kind, { taskQueue: kind, workflowId });
        started.unshift(workflowId);
        // Runs of two engines that started in the same millisecond are in no order.
        for (const now = Date.now(); Date.now() === now;) await setImmediate();
      };
      // The newest three are of one engine: the first page shows nothing of the other one.
      const where = ['main', 'small', 'small', 'main', 'small', 'main', 'main', 'main'] as const;
      for (const name of where) await start(ids[name]());
      const query = `WorkflowType = '${kind}'`;
      await expect.poll(async () => (await stranger.client.workflow.count(query)).count).toBe(8);

      const first = await stranger.client.workflowService.listWorkflowExecutions({
        namespace: stranger.client.options.namespace,
        query,
        pageSize: 3,
      });
      const before = [...started];
      // What is started now is not on the pages that follow, and moves nothing on them.
      await start(ids.small());
      const idOf = (info: { execution?: { workflowId?: string | null } | null }): string =>
        info.execution?.workflowId ?? '';
      const listed = first.executions.map(idOf);
      let { nextPageToken } = first;
      while (nextPageToken.length > 0) {
        const page = await stranger.client.workflowService.listWorkflowExecutions({
          namespace: stranger.client.options.namespace,
          query,
          pageSize: 2,
          nextPageToken,
        });
        expect(page.executions.length).toBeLessThanOrEqual(2);
        listed.push(...page.executions.map(idOf));
        ({ nextPageToken } = page);
      }
      expect(listed).toEqual(before);
      const wrong = stranger.client.workflowService.listWorkflowExecutions({
        namespace: stranger.client.options.namespace,
        query,
        nextPageToken: Buffer.from('[1'),
      });
      await expect(wrong).rejects.toMatchObject({ details: 'Invalid NextPageToken.' });
      for (const id of started) await stranger.client.workflow.getHandle(id).terminate();
    });

    it('knows no runs that there are not, and no namespace but its own', async () => {
      const nobody = stranger.client.workflow.getHandle(randomUUID());
      await expect(nobody.describe()).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
      await expect(nobody.signal(arrived, 'x')).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
      await expect(nobody.result()).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
      await expect(routed.client.workflowService.describeNamespace({ namespace: 'x' })).rejects.toThrow(
        'x is not found',
      );
    });

    it('says of each engine what it is and how it is', async () => {
      const [info, health] = await Promise.all([routed.info(), routed.health()]);
      expect(Object.keys(info.engines)).toEqual(['main', 'small']);
      expect(health).toMatchObject({ status: 'healthy', error: undefined });
      expect(health.activeRuns).toBe(
        (health.engines['main']?.activeRuns ?? 0) + (health.engines['small']?.activeRuns ?? 0),
      );
      expect(() => routed.engine('other')).toThrow("there is no engine 'other'");
    });
  },
);

describe('a worker of a routed engine', () => {
  const memory = { type: 'embedded', memory: true } as const;
  const options = { taskQueue: 'jobs', activities: { look: async (): Promise<string> => 'seen' } };

  it('runs and stops on all engines, which stay open as long', async () => {
    const routed = await createRoutedEngine({ engines: { a: memory, b: memory }, default: 'a' });
    const worker = await routed.createWorker(options);
    expect(worker.getState()).toBe('INITIALIZED');
    expect(() => worker.shutdown()).toThrow('Not running');
    const running = worker.run();
    expect(worker.getState()).toBe('RUNNING');
    expect(worker.getStatus()).toMatchObject({ runState: 'RUNNING', numInFlightActivities: 0 });
    await expect(worker.run()).rejects.toThrow('already started');
    await expect(routed.close()).rejects.toThrow('while Workers run');
    worker.shutdown();
    await running;
    expect(worker.getState()).toBe('STOPPED');
    await routed.close();
  });

  it('works until something is done', async () => {
    const routed = await createRoutedEngine({ engines: { a: memory, b: memory }, default: 'a' });
    const worker = await routed.createWorker(options);
    await expect(worker.runUntil(async () => worker.getState())).resolves.toBe('RUNNING');
    expect(worker.getState()).toBe('STOPPED');
    const other = await routed.createWorker(options);
    await expect(other.runUntil(Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
    await routed.close();
  });

  it('is made on all engines or on none', async () => {
    const [a, b] = await Promise.all([openEngine(memory), openEngine(memory)]);
    const createWorker = vi.spyOn(a, 'createWorker');
    const broken = Object.create(b, { createWorker: { value: () => Promise.reject(new Error('no room')) } }) as Engine;
    const routed = await createRoutedEngine({ engines: { a, broken }, default: 'a' });
    await expect(routed.createWorker(options)).rejects.toThrow('no room');
    expect((await createWorker.mock.results[0]?.value)?.getState()).toBe('STOPPED');
    await Promise.all([routed.close(), a.close(), b.close()]);
  });
});

it('what only some engines can, the routed one can with them', async () => {
  const memory = { type: 'embedded', memory: true } as const;
  const [a, b] = await Promise.all([openEngine(memory), openEngine(memory)]);
  const plain = await createRoutedEngine({ engines: { a, b }, default: 'a' });
  expect([plain.reconcile, plain.broadcasts, plain.secret?.()]).toEqual([undefined, undefined, a.secret?.()]);
  const found = { scannedKeys: 5, stalledRuns: 2, reconciledRuns: 1, failedRuns: 1 };
  const broadcasts = { publish: () => undefined, subscribe: () => () => undefined };
  const able = Object.create(b, {
    reconcile: { value: () => Promise.resolve(found) },
    broadcasts: { value: broadcasts },
  }) as Engine;
  const routed = await createRoutedEngine({ engines: { a, able }, default: 'a' });
  expect(await routed.reconcile?.()).toEqual(found);
  expect(routed.broadcasts).toBe(broadcasts);
  await Promise.all([plain.close(), routed.close(), a.close(), b.close()]);
});

it('one engine that is down makes it degraded, and its runs wait', async () => {
  const memory = { type: 'embedded', memory: true } as const;
  const routed = await createRoutedEngine({ engines: { a: memory, b: memory }, default: 'a' });
  await routed.engine('b').close();
  const health = await routed.health();
  expect(health.status).toBe('degraded');
  expect(health.error).toContain('b: ');
  await routed.close();
});
