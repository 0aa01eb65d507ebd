import type { temporal } from '@temporalio/proto';
import { PendingActivityState, TaskQueueKind, toDuration, toLong, toTimestamp } from '../../core/proto.ts';
import { jsonPayload } from '../../core/payloads.ts';
import type { Pause, PendingActivity, RunRecord } from '../../core/record.ts';
import { buildIdsOf } from '../../core/run/reset-points.ts';

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo;
type Description = temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse;

/** A run as lists show it. */
export function executionInfo(record: RunRecord): ExecutionInfo {
  const { parent, closeTime } = record;
  return {
    execution: { workflowId: record.workflowId, runId: record.runId },
    type: { name: record.workflowType },
    startTime: toTimestamp(record.startTime),
    executionTime: toTimestamp(record.executionTime),
    ...(closeTime === undefined
      ? {}
      : { closeTime: toTimestamp(closeTime), executionDuration: toDuration(closeTime - record.executionTime) }),
    status: record.status,
    historyLength: toLong(record.nextEventId - 1),
    historySizeBytes: toLong(record.historySizeBytes),
    ...(parent === undefined
      ? {}
      : {
          parentNamespaceId: parent.namespace,
          parentExecution: { workflowId: parent.workflowId, runId: parent.runId },
        }),
    rootExecution: { ...record.root },
    firstRunId: record.firstRunId,
    autoResetPoints: { points: [...record.resetPoints] },
    memo: record.memo ?? {},
    searchAttributes: searchAttributesOf(record),
    taskQueue: record.taskQueue,
    stateTransitionCount: toLong(record.stateTransitionCount),
    ...(record.priority === undefined ? {} : { priority: record.priority }),
  };
}

/** What a run has, with the builds of code that worked on it. */
function searchAttributesOf(record: RunRecord): temporal.api.common.v1.ISearchAttributes {
  const own = record.searchAttributes ?? {};
  const builds = buildIdsOf(record);
  if (builds === undefined || own.indexedFields?.['BuildIds'] !== undefined) return own;
  return { indexedFields: { ...own.indexedFields, BuildIds: jsonPayload(builds, 'KeywordList') } };
}

/** A run with all that is pending in it. */
export function describeRun(record: RunRecord): Description {
  const task = record.workflowTask;
  return {
    executionConfig: {
      taskQueue: { name: record.taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
      workflowExecutionTimeout: toDuration(record.executionTimeout),
      workflowRunTimeout: toDuration(record.runTimeout),
      defaultWorkflowTaskTimeout: toDuration(record.taskTimeout),
      ...(record.userMetadata === undefined ? {} : { userMetadata: record.userMetadata }),
    },
    workflowExecutionInfo: executionInfo(record),
    pendingActivities: [...record.activities.values()].map(pendingActivityInfo),
    pendingChildren: [...record.children.values()].map((child) => ({
      workflowId: child.workflowId,
      runId: child.runId,
      workflowTypeName: child.workflowType,
      initiatedId: toLong(child.initiatedEventId),
      parentClosePolicy: child.parentClosePolicy,
    })),
    ...(task === undefined
      ? {}
      : {
          pendingWorkflowTask: {
            state: task.startedEventId > 0 ? 2 : 1,
            scheduledTime: toTimestamp(task.scheduledTime),
            originalScheduledTime: toTimestamp(task.scheduledTime),
            ...(task.startedEventId > 0 ? { startedTime: toTimestamp(task.startedTime) } : {}),
            attempt: task.attempt,
          },
        }),
    workflowExtendedInfo: {
      ...(record.executionDeadline > 0 ? { executionExpirationTime: toTimestamp(record.executionDeadline) } : {}),
      ...(record.runDeadline > 0 ? { runExpirationTime: toTimestamp(record.runDeadline) } : {}),
      ...(record.pause === undefined ? {} : { pauseInfo: pauseInfo(record.pause) }),
      cancelRequested: record.cancelRequested,
      originalStartTime: toTimestamp(record.resetFrom?.originalStartTime ?? record.startTime),
      ...(record.resetRunId === undefined ? {} : { resetRunId: record.resetRunId }),
      ...(record.resetFrom === undefined ? {} : { lastResetTime: toTimestamp(record.startTime) }),
    },
  };
}

function pauseInfo({ time, identity, reason }: Pause): temporal.api.workflow.v1.IWorkflowExecutionPauseInfo {
  return { pausedTime: toTimestamp(time), identity, reason };
}

function pendingActivityInfo(activity: PendingActivity): temporal.api.workflow.v1.IPendingActivityInfo {
  const started = activity.state === 'started';
  return {
    activityId: activity.activityId,
    activityType: { name: activity.activityType },
    state: stateOf(activity),
    heartbeatDetails: activity.heartbeatDetails ?? null,
    ...(started && activity.lastHeartbeatTime > activity.startedTime
      ? { lastHeartbeatTime: toTimestamp(activity.lastHeartbeatTime) }
      : {}),
    ...(started ? { lastStartedTime: toTimestamp(activity.startedTime) } : {}),
    attempt: activity.attempt,
    maximumAttempts: activity.retryPolicy?.maximumAttempts ?? 0,
    ...(started ? {} : { scheduledTime: toTimestamp(activity.attemptScheduledTime) }),
    ...(activity.scheduleToCloseTimeout > 0
      ? { expirationTime: toTimestamp(activity.scheduledTime + activity.scheduleToCloseTimeout) }
      : {}),
    ...(activity.lastFailure === undefined ? {} : { lastFailure: activity.lastFailure }),
    lastWorkerIdentity: started ? activity.identity : activity.lastWorkerIdentity,
  };
}

function stateOf(activity: PendingActivity): temporal.api.enums.v1.PendingActivityState {
  if (activity.cancelRequestedEventId > 0) return PendingActivityState.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED;
  return activity.state === 'started'
    ? PendingActivityState.PENDING_ACTIVITY_STATE_STARTED
    : PendingActivityState.PENDING_ACTIVITY_STATE_SCHEDULED;
}
