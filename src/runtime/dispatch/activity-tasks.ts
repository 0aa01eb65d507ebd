import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import { durationMs, TaskQueueKind } from '../../core/proto.ts';
import type { ResponseOf, WorkflowServiceApi } from '../service.ts';
import type { DispatchOptions } from './options.ts';
import { PollLoops } from './poll-loops.ts';
import { sleepUntil } from './rpc.ts';
import type { Slot, SlotPool } from './slots.ts';
import { pollVersionOf } from './versioning.ts';

const { ActivityTask, ActivityCancelReason } = proto.coresdk.activity_task;

/** An activity task as the server gives it out. */
export type PolledActivityTask = ResponseOf<'pollActivityTaskQueue'>;

type CancelReason = coresdk.activity_task.ActivityCancelReason;
type CancelDetails = coresdk.activity_task.IActivityCancellationDetails;

const NO_TIME = { seconds: null, nanos: 0 };

/** Polls for activity tasks, no faster than the worker's rate allows. */
export function createActivityPoller(
  service: WorkflowServiceApi,
  options: DispatchOptions,
  slots: SlotPool,
  deliver: (task: PolledActivityTask, slot: Slot) => void,
): PollLoops<PolledActivityTask> {
  const { namespace, taskQueue, identity, instanceKey: workerInstanceKey, version, clock, log } = options;
  const perSecond = options.maxTaskQueueActivitiesPerSecond;
  const request = {
    namespace,
    taskQueue: { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
    identity,
    workerInstanceKey,
    taskQueueMetadata: perSecond === undefined ? null : { maxTasksPerSecond: { value: perSecond } },
    ...pollVersionOf(version),
  };
  const pace = createPace(options);
  return new PollLoops<PolledActivityTask>({
    name: 'activity tasks',
    behavior: options.activityPolling,
    clock,
    log,
    acquire: async (signal) => {
      const slot = await slots.acquire(false, signal);
      await pace(signal);
      return slot;
    },
    poll: async (signal) => {
      const response = await service.pollActivityTaskQueue(request, { signal });
      const scaleBy = response.pollerScalingDecision?.pollRequestDeltaSuggestion ?? 0;
      return { task: response.taskToken?.length ? response : undefined, scaleBy };
    },
    deliver,
  });
}

/** Spaces polls evenly, so that no more than the allowed number starts in a second. */
function createPace({ maxActivitiesPerSecond, clock }: DispatchOptions): (signal: AbortSignal) => Promise<void> {
  if (!maxActivitiesPerSecond) return async () => undefined;
  const intervalMs = 1000 / maxActivitiesPerSecond;
  let nextAt = 0;
  return async (signal) => {
    const at = Math.max(nextAt, clock.now());
    nextAt = at + intervalMs;
    if (at > clock.now()) await sleepUntil(clock, at, signal);
  };
}

/** The task by which the language side starts an activity. Times are always set: the worker reads them without looking. */
export function startTask(polled: PolledActivityTask): Buffer {
  return encodeTask({
    taskToken: polled.taskToken ?? new Uint8Array(),
    start: {
      workflowNamespace: polled.workflowNamespace ?? '',
      workflowType: polled.workflowType?.name ?? '',
      workflowExecution: polled.workflowExecution ?? {},
      activityId: polled.activityId ?? '',
      activityType: polled.activityType?.name ?? '',
      headerFields: polled.header?.fields ?? {},
      input: polled.input?.payloads ?? [],
      heartbeatDetails: polled.heartbeatDetails?.payloads ?? [],
      scheduledTime: polled.scheduledTime ?? NO_TIME,
      currentAttemptScheduledTime: polled.currentAttemptScheduledTime ?? NO_TIME,
      startedTime: polled.startedTime ?? NO_TIME,
      attempt: polled.attempt ?? 1,
      scheduleToCloseTimeout: polled.scheduleToCloseTimeout ?? NO_TIME,
      startToCloseTimeout: polled.startToCloseTimeout ?? NO_TIME,
      heartbeatTimeout: polled.heartbeatTimeout ?? NO_TIME,
      retryPolicy: polled.retryPolicy ?? null,
      priority: polled.priority ?? null,
      isLocal: false,
      runId: polled.activityRunId ?? '',
    },
  });
}

/** The task by which the language side cancels an activity. */
export function cancelTask(taskToken: Uint8Array, reason: CancelReason, details: CancelDetails): Buffer {
  return encodeTask({ taskToken, cancel: { reason, details } });
}

/** What a reason alone says. */
export function detailsOf(reason: CancelReason): CancelDetails {
  return {
    isNotFound: reason === ActivityCancelReason.NOT_FOUND,
    isCancelled: reason === ActivityCancelReason.CANCELLED,
    isPaused: reason === ActivityCancelReason.PAUSED,
    isTimedOut: reason === ActivityCancelReason.TIMED_OUT,
    isWorkerShutdown: reason === ActivityCancelReason.WORKER_SHUTDOWN,
    isReset: reason === ActivityCancelReason.RESET,
  };
}

/** How often an activity's heartbeats are sent on: well within its timeout. */
export function throttleInterval(polled: PolledActivityTask, options: DispatchOptions): number {
  const timeout = durationMs(polled.heartbeatTimeout);
  const wanted = timeout > 0 ? timeout * 0.8 : options.defaultHeartbeatThrottleInterval;
  return Math.min(wanted, options.maxHeartbeatThrottleInterval);
}

/** A task as the language side takes it. */
export function encodeTask(task: coresdk.activity_task.IActivityTask): Buffer {
  const bytes = ActivityTask.encode(task).finish();
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
