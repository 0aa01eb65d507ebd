import type { native } from '@temporalio/core-bridge';
import type { temporal } from '@temporalio/proto';
import type { Clock } from '../../core/clock.ts';
import { type CompiledWorkerOptionsWithBuildId, toNativeWorkerOptions } from '../../official.ts';
import type { ResourceController } from './resource-controller.ts';
import { controllerOf } from './resource-controllers.ts';

type VersioningBehavior = temporal.api.enums.v1.VersioningBehavior;

/** Where the dispatcher says what went wrong. */
export interface DispatchLog {
  debug(message: string, attributes?: Record<string, unknown>): void;
  warn(message: string, attributes?: Record<string, unknown>): void;
}

/** What the dispatcher takes from its surroundings. */
export interface DispatchSeams {
  readonly clock: Clock;
  readonly log: DispatchLog;
  /** A string that no other call returns, anywhere. */
  readonly newId: () => string;
  /** The error that ends polling: the `ShutdownError` of the worker that polls. */
  readonly shutdownError: () => Error;
  readonly sdkName: string;
  readonly sdkVersion: string;
  /** Called when the worker was given another connection; the value is its native client. */
  readonly onReplaceClient?: (client: unknown) => void;
}

/** A worker's version, as far as it has one. */
export interface DispatchVersion {
  readonly deploymentName: string;
  readonly buildId: string;
  /** Whether the server routes by it. */
  readonly useVersioning: boolean;
  readonly defaultBehavior: VersioningBehavior;
}

/** All settings of a worker's native side. Times are in milliseconds. */
export interface DispatchOptions extends DispatchSeams {
  readonly namespace: string;
  readonly taskQueue: string;
  readonly identity: string;
  /** Tells workers of one identity apart. */
  readonly instanceKey: string;
  readonly version: DispatchVersion;
  readonly enableWorkflows: boolean;
  readonly enableActivities: boolean;
  readonly enableLocalActivities: boolean;
  readonly maxCachedWorkflows: number;
  readonly workflowSlots: native.SlotSupplierOptions;
  readonly activitySlots: native.SlotSupplierOptions;
  readonly localActivitySlots: native.SlotSupplierOptions;
  /** Decides about slots of resource-based suppliers; there when one of the suppliers is such a one. */
  readonly resources: ResourceController | undefined;
  readonly workflowPolling: native.PollerBehavior;
  readonly activityPolling: native.PollerBehavior;
  readonly nonStickyToStickyPollRatio: number;
  readonly stickyScheduleToStartTimeout: number;
  readonly maxHeartbeatThrottleInterval: number;
  readonly defaultHeartbeatThrottleInterval: number;
  readonly maxActivitiesPerSecond: number | undefined;
  readonly maxTaskQueueActivitiesPerSecond: number | undefined;
  readonly maxEagerActivitiesPerTask: number;
  readonly shutdownGraceTime: number;
  /** Whether a nondeterminism error fails a workflow of this type, not just its task. */
  readonly failsOnNondeterminism: (workflowType: string) => boolean;
}

/** The settings that the official `Worker.create` compiled, as the dispatcher takes them. */
export function dispatchOptions(compiled: CompiledWorkerOptionsWithBuildId, seams: DispatchSeams): DispatchOptions {
  const options = toNativeWorkerOptions(compiled);
  return {
    ...seams,
    namespace: options.namespace,
    taskQueue: options.taskQueue,
    identity: options.identity,
    instanceKey: seams.newId(),
    version: versionOf(options),
    enableWorkflows: options.taskTypes.enableWorkflows,
    enableActivities: options.taskTypes.enableRemoteActivities,
    enableLocalActivities: options.taskTypes.enableLocalActivities,
    maxCachedWorkflows: options.maxCachedWorkflows,
    workflowSlots: options.tuner.workflowTaskSlotSupplier,
    activitySlots: options.tuner.activityTaskSlotSupplier,
    localActivitySlots: options.tuner.localActivityTaskSlotSupplier,
    resources: controllerOf(options.tuner.resourceBasedTunerConfig),
    workflowPolling: options.workflowTaskPollerBehavior,
    activityPolling: options.activityTaskPollerBehavior,
    nonStickyToStickyPollRatio: options.nonStickyToStickyPollRatio,
    stickyScheduleToStartTimeout: options.stickyQueueScheduleToStartTimeout,
    maxHeartbeatThrottleInterval: options.maxHeartbeatThrottleInterval,
    defaultHeartbeatThrottleInterval: options.defaultHeartbeatThrottleInterval,
    maxActivitiesPerSecond: options.maxActivitiesPerSecond ?? undefined,
    maxTaskQueueActivitiesPerSecond: options.maxTaskQueueActivitiesPerSecond ?? undefined,
    maxEagerActivitiesPerTask: options.maxEagerActivityReservationsPerWorkflowTask,
    shutdownGraceTime: options.shutdownGraceTime,
    failsOnNondeterminism: (workflowType) =>
      options.workflowFailureErrors.length > 0 || (options.workflowTypesToFailureErrors[workflowType]?.length ?? 0) > 0,
  };
}

/** Numbers of `VersioningBehavior`: unspecified, pinned, auto-upgrade. */
const BEHAVIORS = { unspecified: 0, pinned: 1, 'auto-upgrade': 2 } as const;

function versionOf(options: native.WorkerOptions): DispatchVersion {
  const deployment = options.workerDeploymentOptions;
  if (deployment === null) {
    const { buildId, useVersioning } = options;
    return { deploymentName: '', buildId, useVersioning, defaultBehavior: BEHAVIORS.unspecified };
  }
  return {
    deploymentName: deployment.version.deploymentName,
    buildId: deployment.version.buildId,
    useVersioning: deployment.useWorkerVersioning,
    defaultBehavior: BEHAVIORS[deployment.defaultVersioningBehavior?.type ?? 'unspecified'],
  };
}
