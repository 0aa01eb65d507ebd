import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import type { WorkflowClientInterceptor, WorkflowStartOptions } from '@temporalio/client';
import { workflowBuildId, workflowBundle } from './bundle.ts';
import { eventTypeName } from '../../src/core/history/event-type.ts';
import { fetchHistory } from './histories.ts';
import type { RunRef } from './histories.ts';
import type { ConformanceTarget, ConformanceWorker } from './target.ts';
import type { Scenario, ScenarioContext, ScenarioWorker, StartOptions } from './scenario.ts';

/** A context with what the runner needs beside: which runs to look at, and how to end. */
export interface OwnedContext {
  readonly context: ScenarioContext;
  /** The part of all ids that is unique to this run of the scenario. */
  readonly unique: string;
  /** Runs started so far, in order. */
  readonly runs: readonly RunRef[];
  /** Stops all workers. Rejects when one of them failed. */
  stopWorkers(): Promise<void>;
}

/** No measure of speed. */
const patienceMs = 30_000;

/** Makes what a scenario works with. */
export function createContext(target: ConformanceTarget, { id }: Scenario): OwnedContext {
  const unique = `${id.replace('/', '-').slice(0, 60)}-${randomUUID().slice(0, 8)}`;
  const runs: RunRef[] = [];
  const workers: ScenarioWorker[] = [];
  const track = (workflowId: string, runId: string): void => {
    if (!runs.some((run) => run.runId === runId)) runs.push({ workflowId, runId });
  };
  const { namespace } = target;
  const interceptors = { workflow: [tracker(track)] };
  const { connection } = target.client;
  const client = new Client({ connection, namespace, interceptors });
  const workerClient = new Client({ connection: target.workerConnection ?? connection, namespace, interceptors });
  const sleep = (ms: number): Promise<void> => target.sleep?.(ms) ?? wait(ms);
  let issued = 0;
  const workflowId = (suffix?: string): string => `${unique}-${suffix ?? `w${++issued}`}`;
  const startOptions = (options: StartOptions): WorkflowStartOptions => ({
    ...options,
    taskQueue: options.taskQueue ?? unique,
    workflowId: options.workflowId ?? workflowId(),
  });
  const history: ScenarioContext['history'] = async (handle, runId) =>
    (await fetchHistory(client, handle.workflowId, runId)).events ?? [];
  const createWorker: ScenarioContext['createWorker'] = async ({ bundle, ...options } = {}) =>
    await target.createWorker({
      taskQueue: unique,
      workflowBundle: await workflowBundle(bundle),
      ...(options.workerDeploymentOptions === undefined && { buildId: await workflowBuildId(bundle) }),
      shutdownForceTime: '5s',
      ...options,
      namespace,
    });
  const eventually = <T>(check: () => T | Promise<T>): Promise<T> => retry(check, sleep);
  const context: ScenarioContext = {
    target,
    client,
    workerClient,
    raw: client.workflowService,
    namespace,
    taskQueue: unique,
    workflowId,
    // The official generics ask for `args` by the workflow's parameters; `StartOptions` leaves that to the scenario.
    start: ((type: string, options: StartOptions = {}) =>
      client.workflow.start(type, startOptions(options))) as ScenarioContext['start'],
    execute: ((type: string, options: StartOptions = {}) =>
      client.workflow.execute(type, startOptions(options))) as ScenarioContext['execute'],
    createWorker,
    startWorker: async (options) => {
      const worker = runWorker(await createWorker(options));
      workers.push(worker);
      return worker;
    },
    history,
    eventTypes: async (handle, runId) => (await history(handle, runId)).map(eventTypeName),
    track,
    sleep,
    eventually,
    waitForEvent: (handle, type, count = 1) =>
      eventually(async () => {
        const events = await history(handle);
        const found = events.filter((event) => eventTypeName(event) === type).length;
        assert.ok(found >= count, `${found} of ${count} ${type} in ${events.map(eventTypeName).join(', ')}`);
        return events;
      }),
  };
  return { context, unique, runs, stopWorkers: () => stopAll(workers) };
}

function runWorker(worker: ConformanceWorker): ScenarioWorker {
  const running = worker.run();
  running.catch(() => {}); // reported by stop()
  let stopping = false;
  return {
    worker,
    stop: async () => {
      if (!stopping && worker.getState() === 'RUNNING') worker.shutdown();
      stopping = true;
      await running;
    },
  };
}

async function stopAll(workers: readonly ScenarioWorker[]): Promise<void> {
  const results = await Promise.allSettled(workers.map((worker) => worker.stop()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw new Error('A worker failed', { cause: failed.reason });
}

function tracker(track: (workflowId: string, runId: string) => void): WorkflowClientInterceptor {
  return {
    async startWithDetails(input, next) {
      const output = await next(input);
      track(input.options.workflowId, output.runId);
      return output;
    },
    async signalWithStart(input, next) {
      const runId = await next(input);
      track(input.options.workflowId, runId);
      return runId;
    },
    async startUpdateWithStart(input, next) {
      const output = await next(input);
      track(output.workflowExecution.workflowId ?? '', output.workflowExecution.runId ?? '');
      return output;
    },
  };
}

async function retry<T>(check: () => T | Promise<T>, sleep: (ms: number) => Promise<void>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      const value = await check();
      if (value !== false) return value;
      if (performance.now() > deadline) throw new Error(`Not true within ${patienceMs} ms`);
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
    await sleep(15);
  }
}
