import { randomUUID } from 'node:crypto';
import type { Logger } from '@temporalio/common';
import { ResourceBasedController } from '@temporalio/worker';
import type { Clock } from '../core/clock.ts';
import {
  type CompiledWorkerOptions,
  type CompiledWorkerOptionsWithBuildId,
  nativeErrors,
  type NativeWorkerConstructor,
  type NativeWorkerLike,
  type OfficialWorkerClass,
  type Runtime,
  sdkPackage,
  type WorkflowBundleWithSourceMapAndFilename,
  type WorkflowCreator,
} from '../official.ts';
import { readOnce } from './bundles.ts';
import { type Backend, backendOf } from './connection.ts';
import { createNativeWorker } from './dispatch/native-worker.ts';
import { dispatchOptions } from './dispatch/options.ts';
import { watchControllers } from './dispatch/resource-controllers.ts';
import { offerEagerStarts } from './eager-starts.ts';
import { holdRuntime } from './runtime-hold.ts';
import type { WorkflowServiceApi } from './service.ts';
import { systemClock } from './system-clock.ts';

/** Makes what runs workflow code, for a worker of ours. */
export type WorkflowHostFactory = (
  bundle: WorkflowBundleWithSourceMapAndFilename,
  options: CompiledWorkerOptions,
  logger: Logger,
  more: { readonly getTimeOfDay: () => bigint },
) => Promise<WorkflowCreator>;

/**
 * Makes a worker class serve connections of ours: their workers poll our dispatcher and run workflow code in our host. Workers of all other
 * connections, and replays, stay as they are.
 */
export function installSeams(worker: OfficialWorkerClass, createHost: WorkflowHostFactory): void {
  const official = {
    nativeWorkerCtor: worker.nativeWorkerCtor,
    createWorkflowCreator: worker.createWorkflowCreator.bind(worker),
  };
  watchControllers(ResourceBasedController);
  worker.nativeWorkerCtor = nativeWorkers(official.nativeWorkerCtor);
  worker.getOrCreateBundle = readOnce(worker.getOrCreateBundle.bind(worker));
  worker.createWorkflowCreator = (bundle, options, logger) => {
    const backend = backendOf(options.connection);
    // Who debugs, or wants a V8 context for each run, wants the ways of the official host.
    const wantsOfficial = backend === undefined || options.debugMode || !options.reuseV8Context;
    return wantsOfficial
      ? official.createWorkflowCreator(bundle, options, logger)
      : createHost(bundle, options, logger, { getTimeOfDay: () => nanoseconds(backend.clock) });
  };
}

function nativeWorkers(official: NativeWorkerConstructor): NativeWorkerConstructor {
  return {
    create: async (runtime, connection, options) => {
      const backend = backendOf(connection);
      return backend === undefined
        ? await official.create(runtime, connection, options)
        : createLocalWorker(runtime, backend, options);
    },
    createReplay: (runtime, options) => official.createReplay(runtime, options),
  };
}

function createLocalWorker(
  runtime: Runtime,
  backend: Backend,
  options: CompiledWorkerOptionsWithBuildId,
): NativeWorkerLike {
  const { service, replace } = replaceable(backend.service);
  const offer = (on: WorkflowServiceApi): (() => void) =>
    offerEagerStarts(on, {
      namespace: options.namespace,
      taskQueue: options.taskQueue,
      reserve: () => worker.reserveWorkflowTask(),
    });
  let withdraw = offer(backend.service);
  const worker = createNativeWorker(
    service,
    dispatchOptions(options, {
      clock: workerClock(backend.clock),
      log: runtime.logger,
      newId: randomUUID,
      shutdownError: () => new nativeErrors.ShutdownError('The worker is shutting down'),
      sdkName: 'temporal-typescript',
      sdkVersion: sdkPackage.version,
      onReplaceClient: (client) => {
        const next = backendOf(client);
        if (next === undefined) throw new TypeError('A worker of an engine of ours cannot move to another engine.');
        replace(next.service);
        withdraw();
        withdraw = offer(next.service);
      },
    }),
  );
  const release = holdRuntime(runtime, worker);
  const finalize = worker.finalizeShutdown.bind(worker);
  worker.finalizeShutdown = async () => {
    withdraw();
    try {
      await finalize();
    } finally {
      await release();
    }
  };
  return worker;
}

/** What a worker times by itself (heartbeats, grace, retries of calls) passes in real time; what it works on holds the time of its runs. */
function workerClock(clock: Clock): Clock {
  return { ...systemClock, hold: (work) => clock.hold(work) };
}

/** A service that can be exchanged for another one while calls go on. */
function replaceable(first: WorkflowServiceApi): {
  readonly service: WorkflowServiceApi;
  readonly replace: (next: WorkflowServiceApi) => void;
} {
  let current = first;
  const service = new Proxy(first, { get: (_, name) => Reflect.get(current, name) as unknown });
  return { service, replace: (next) => (current = next) };
}

function nanoseconds(clock: Clock): bigint {
  return BigInt(Math.round(clock.now() * 1000)) * 1000n;
}
