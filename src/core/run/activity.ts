import type { temporal } from '@temporalio/proto';
import type { Failure, Payloads } from '../proto.ts';
import { durationMs, EventType, RetryState, TimeoutType, toDuration, toLong } from '../proto.ts';
import type { PendingActivity } from '../record.ts';
import type { EventAttributes, RunDraft } from './draft.ts';
import { decideRetry } from './retry.ts';
import { retriedFailure } from './truncate.ts';
import type { TaskTaker } from './workflow-task.ts';
import { scheduleWorkflowTask, workerVersion } from './workflow-task.ts';

type ScheduledAttributes = temporal.api.history.v1.IActivityTaskScheduledEventAttributes;

/** Who reports on an activity. */
export interface Reporter {
  readonly identity: string;
  /** Build of the worker's code; empty for anybody else, and for workers that say none. */
  readonly buildId: string;
}

/** Writes `ActivityTaskScheduled`; the attributes have all timeouts and defaults filled in. */
export function scheduleActivity(
  draft: RunDraft,
  attributes: ScheduledAttributes,
  extra: EventAttributes = {},
): PendingActivity {
  const { id } = draft.append(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, {
    ...extra,
    activityTaskScheduledEventAttributes: attributes,
  });
  return addActivity(draft, id, attributes);
}

/** An activity is to be done, whose `ActivityTaskScheduled` has this id. */
export function addActivity(draft: RunDraft, id: number, attributes: ScheduledAttributes): PendingActivity {
  const activity: PendingActivity = {
    scheduledEventId: id,
    activityId: attributes.activityId ?? '',
    activityType: attributes.activityType?.name ?? '',
    taskQueue: attributes.taskQueue?.name ?? draft.record.taskQueue,
    attempt: 1,
    state: 'scheduled',
    scheduledTime: draft.now,
    attemptScheduledTime: draft.now,
    startedTime: 0,
    lastHeartbeatTime: 0,
    heartbeatDetails: undefined,
    lastFailure: undefined,
    lastWorkerIdentity: '',
    identity: '',
    requestId: '',
    cancelRequestedEventId: 0,
    scheduleToStartTimeout: durationMs(attributes.scheduleToStartTimeout),
    scheduleToCloseTimeout: durationMs(attributes.scheduleToCloseTimeout),
    startToCloseTimeout: durationMs(attributes.startToCloseTimeout),
    heartbeatTimeout: durationMs(attributes.heartbeatTimeout),
    retryPolicy: attributes.retryPolicy ?? undefined,
    ...(attributes.priority ? { priority: attributes.priority } : {}),
  };
  draft.record.activities.set(id, activity);
  return activity;
}

/** A worker takes the current attempt. Nothing goes to history yet: `ActivityTaskStarted` is written with the closing event. */
export function startActivity(draft: RunDraft, activity: PendingActivity, taker: TaskTaker): PendingActivity {
  return put(draft, {
    ...activity,
    state: 'started',
    startedTime: draft.now,
    lastHeartbeatTime: draft.now,
    identity: taker.identity,
    requestId: taker.requestId,
  });
}

/** The worker that was to get the current attempt never heard of it: the attempt waits for others as if nothing had been. */
export function giveBackActivity(draft: RunDraft, activity: PendingActivity): void {
  put(draft, { ...activity, state: 'scheduled', startedTime: 0, lastHeartbeatTime: 0, identity: '', requestId: '' });
}

/** Keeps the heartbeat's details for the next attempt and puts off the heartbeat timeout. */
export function heartbeatActivity(draft: RunDraft, activity: PendingActivity, details: Payloads | undefined): void {
  put(draft, { ...activity, lastHeartbeatTime: draft.now, heartbeatDetails: details ?? activity.heartbeatDetails });
}

/** The workflow asks to cancel. @returns `ActivityTaskCancelRequested`'s id. */
export function requestCancelActivity(draft: RunDraft, scheduledEventId: number, taskCompletedId: number): number {
  const { id } = draft.append(EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, {
    activityTaskCancelRequestedEventAttributes: {
      scheduledEventId: toLong(scheduledEventId),
      workflowTaskCompletedEventId: toLong(taskCompletedId),
    },
  });
  const activity = draft.record.activities.get(scheduledEventId);
  if (activity !== undefined) put(draft, { ...activity, cancelRequestedEventId: id });
  return id;
}

/** The activity returned. */
export function completeActivity(
  draft: RunDraft,
  activity: PendingActivity,
  result: Payloads | undefined,
  reporter: Reporter,
): void {
  close(
    draft,
    activity,
    (startedEventId) =>
      draft.happen(EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, {
        activityTaskCompletedEventAttributes: {
          scheduledEventId: toLong(activity.scheduledEventId),
          startedEventId,
          ...(result ? { result } : {}),
          identity: reporter.identity,
        },
      }),
    reporter.buildId,
  );
}

/** The activity failed: another attempt follows, or the failure reaches the workflow. @returns true when it is retried. */
export function failActivity(
  draft: RunDraft,
  activity: PendingActivity,
  failure: Failure,
  reporter: Reporter,
): boolean {
  const retryState = retryOrState(draft, activity, failure);
  if (retryState === undefined) return true;
  close(
    draft,
    activity,
    (startedEventId) =>
      draft.happen(EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED, {
        activityTaskFailedEventAttributes: {
          failure,
          scheduledEventId: toLong(activity.scheduledEventId),
          startedEventId,
          identity: reporter.identity,
          retryState,
        },
      }),
    reporter.buildId,
  );
  return false;
}

/** One of the activity's timeouts ran out: another attempt follows, or the timeout reaches the workflow. */
export function timeOutActivity(
  draft: RunDraft,
  activity: PendingActivity,
  type: temporal.api.enums.v1.TimeoutType,
): void {
  const retryState = retryOrState(draft, activity, timeoutFailure(type));
  if (retryState === undefined) return;
  // No time left for another attempt means that the whole activity ran out of time.
  const outOfTime = retryState === RetryState.RETRY_STATE_TIMEOUT;
  const { lastFailure, heartbeatDetails } = activity;
  const failure: Failure = {
    ...timeoutFailure(outOfTime ? TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_CLOSE : type, heartbeatDetails),
    ...(lastFailure === undefined ? {} : { cause: lastFailure }),
  };
  close(draft, activity, (startedEventId) =>
    draft.happen(EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, {
      activityTaskTimedOutEventAttributes: {
        failure,
        scheduledEventId: toLong(activity.scheduledEventId),
        startedEventId,
        retryState,
      },
    }),
  );
}

/** The activity ended because it was cancelled (or was cancelled before any worker took it). */
export function cancelActivity(
  draft: RunDraft,
  activity: PendingActivity,
  details: Payloads | undefined,
  identity: string,
): void {
  close(draft, activity, (startedEventId) =>
    draft.happen(EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED, {
      activityTaskCanceledEventAttributes: {
        ...(details ? { details } : {}),
        latestCancelRequestedEventId: toLong(activity.cancelRequestedEventId),
        scheduledEventId: toLong(activity.scheduledEventId),
        startedEventId,
        identity,
      },
    }),
  );
}

/** Time after which the activity may not go on, whatever its attempts; 0 for never. */
export function activityExpiry(activity: PendingActivity): number {
  return activity.scheduleToCloseTimeout > 0 ? activity.scheduledTime + activity.scheduleToCloseTimeout : 0;
}

/** Writes the pair of started and closing event and tells the workflow. */
function close(
  draft: RunDraft,
  activity: PendingActivity,
  write: (startedEventId: ReturnType<typeof toLong>) => void,
  buildId = '',
): void {
  const started = activity.state === 'started' ? writeStarted(draft, activity, buildId) : 0;
  draft.record.activities.delete(activity.scheduledEventId);
  write(toLong(started));
  scheduleWorkflowTask(draft);
}

function writeStarted(draft: RunDraft, activity: PendingActivity, buildId: string): number {
  const attributes = {
    activityTaskStartedEventAttributes: {
      scheduledEventId: toLong(activity.scheduledEventId),
      identity: activity.identity,
      requestId: activity.requestId,
      attempt: activity.attempt,
      ...(activity.lastFailure === undefined ? {} : { lastFailure: activity.lastFailure }),
      ...workerVersion({ buildId }),
    },
  };
  // Written with the end, but it has the time at which the worker took the task.
  return draft.happen(EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED, attributes, activity.startedTime);
}

/** Plans the next attempt, or says why there is none. A cancelled activity is not tried again. */
function retryOrState(
  draft: RunDraft,
  activity: PendingActivity,
  failure: Failure,
): temporal.api.enums.v1.RetryState | undefined {
  if (activity.retryPolicy !== undefined && activity.cancelRequestedEventId > 0)
    return RetryState.RETRY_STATE_CANCEL_REQUESTED;
  const decision = decideRetry({
    policy: activity.retryPolicy,
    attempt: activity.attempt,
    failure,
    now: draft.now,
    expiresAt: activityExpiry(activity),
  });
  if (!decision.retry) return decision.state;
  put(draft, {
    ...activity,
    state: 'scheduled',
    attempt: activity.attempt + 1,
    attemptScheduledTime: draft.now + decision.delayMs,
    startedTime: 0,
    lastFailure: retriedFailure(failure),
    lastWorkerIdentity: activity.identity,
    identity: '',
    requestId: '',
  });
  return undefined;
}

const timeoutNames = ['', 'StartToClose', 'ScheduleToStart', 'ScheduleToClose', 'Heartbeat'] as const;

function timeoutFailure(timeoutType: temporal.api.enums.v1.TimeoutType, lastHeartbeatDetails?: Payloads): Failure {
  return {
    message: `activity ${timeoutNames[timeoutType] ?? ''} timeout`,
    source: 'Server',
    timeoutFailureInfo: { timeoutType, ...(lastHeartbeatDetails === undefined ? {} : { lastHeartbeatDetails }) },
  };
}

function put(draft: RunDraft, activity: PendingActivity): PendingActivity {
  draft.record.activities.set(activity.scheduledEventId, activity);
  return activity;
}

/** Timeouts of an activity as Temporal completes them: what is open is bounded by the rest and by the run. All in milliseconds, 0 for open. */
export function completeTimeouts(
  attributes: ScheduledAttributes,
  runTimeoutMs: number,
):
  | Pick<
      ScheduledAttributes,
      'scheduleToCloseTimeout' | 'scheduleToStartTimeout' | 'startToCloseTimeout' | 'heartbeatTimeout'
    >
  | undefined {
  let scheduleToClose = durationMs(attributes.scheduleToCloseTimeout);
  let scheduleToStart = durationMs(attributes.scheduleToStartTimeout);
  let startToClose = durationMs(attributes.startToCloseTimeout);
  let heartbeat = durationMs(attributes.heartbeatTimeout);
  if (scheduleToClose > 0) {
    scheduleToStart = Math.min(scheduleToStart || scheduleToClose, scheduleToClose);
    startToClose = Math.min(startToClose || scheduleToClose, scheduleToClose);
  } else if (startToClose > 0) {
    scheduleToClose = runTimeoutMs;
    scheduleToStart ||= runTimeoutMs;
  } else return undefined;
  const cap = (ms: number): number => (runTimeoutMs > 0 ? Math.min(ms, runTimeoutMs) : ms);
  [scheduleToClose, scheduleToStart, startToClose, heartbeat] = [
    scheduleToClose,
    scheduleToStart,
    startToClose,
    heartbeat,
  ].map(cap) as [number, number, number, number];
  return {
    scheduleToCloseTimeout: toDuration(scheduleToClose),
    scheduleToStartTimeout: toDuration(scheduleToStart),
    startToCloseTimeout: toDuration(startToClose),
    heartbeatTimeout: toDuration(Math.min(heartbeat, startToClose)),
  };
}
