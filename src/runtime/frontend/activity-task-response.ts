import type { temporal } from '@temporalio/proto';
import { toDuration, toTimestamp } from '../../core/proto.ts';
import type { PendingActivity, RunRecord } from '../../core/record.ts';
import { mergePriorities } from '../../core/run/priority.ts';
import type { FrontendContext } from './context.ts';
import { keyOf } from './keys.ts';
import { encodeToken } from './tokens.ts';

/** A started activity as a worker gets it; its input stands in the scheduled event. */
export async function activityTaskResponse(
  context: FrontendContext,
  record: RunRecord,
  activity: PendingActivity,
): Promise<temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse> {
  const { scheduledEventId, attempt } = activity;
  const [event] = await context.store.readHistory(keyOf(record), scheduledEventId, scheduledEventId + 1);
  const scheduled = event?.activityTaskScheduledEventAttributes ?? {};
  return {
    taskToken: encodeToken({ ...keyOf(record), scheduledEventId, startedEventId: 0, attempt }),
    workflowNamespace: record.namespace,
    workflowType: { name: record.workflowType },
    workflowExecution: { workflowId: record.workflowId, runId: record.runId },
    activityType: { name: activity.activityType },
    activityId: activity.activityId,
    header: scheduled.header ?? null,
    input: scheduled.input ?? null,
    heartbeatDetails: activity.heartbeatDetails ?? null,
    scheduledTime: toTimestamp(activity.scheduledTime),
    currentAttemptScheduledTime: toTimestamp(activity.attemptScheduledTime),
    startedTime: toTimestamp(activity.startedTime),
    attempt,
    scheduleToCloseTimeout: toDuration(activity.scheduleToCloseTimeout),
    startToCloseTimeout: toDuration(activity.startToCloseTimeout),
    heartbeatTimeout: toDuration(activity.heartbeatTimeout),
    retryPolicy: activity.retryPolicy ?? null,
    priority: mergePriorities(record.priority, scheduled.priority),
  };
}
