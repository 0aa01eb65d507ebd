import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { jsonPayloads } from '../payloads.ts';
import type { Command, HistoryEvent } from '../proto.ts';
import { TaskQueueKind, toLong, toNumber, WorkflowTaskFailedCause } from '../proto.ts';
import { cancelActivity, completeTimeouts, requestCancelActivity, scheduleActivity } from '../run/activity.ts';
import { priorityProblem } from '../run/priority.ts';
import { retryPolicyProblem, withRetryDefaults } from '../run/retry.ts';
import { payloadsSize } from '../sizes.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { required, userMetadata } from './common.ts';
import { refuseLargeBlob, refuseLong, refuseMany } from './limits.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

type Attributes = temporal.api.command.v1.IScheduleActivityTaskCommandAttributes;

const bad = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES;

/** Schedules an activity, with what the command leaves open filled in. */
export function scheduleActivityCommand(decision: Decision, command: Command): HandlerResult {
  const attributes = command.scheduleActivityTaskCommandAttributes ?? {};
  const { draft } = decision;
  const activityId = attributes.activityId ?? '';
  const activityType = attributes.activityType?.name ?? '';
  if (activityId === '')
    throw new WorkflowTaskRefused(
      bad,
      `ActivityId is not set on ScheduleActivityTaskCommand. ActivityType=${activityType}`,
    );
  if (activityType === '')
    throw new WorkflowTaskRefused(
      bad,
      `ActivityType is not set on ScheduleActivityTaskCommand. ActivityID=${activityId}`,
    );
  const event = eventAttributes(decision, attributes);
  refuseLargeBlob(
    payloadsSize(attributes.input),
    bad,
    'ScheduleActivityTaskCommandAttributes.Input exceeds size limit.',
  );
  refuseMany('activities', draft.record.activities.size);
  for (const pending of draft.record.activities.values()) {
    if (pending.activityId !== activityId) continue;
    throw new WorkflowTaskRefused(
      WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_SCHEDULE_ACTIVITY_DUPLICATE_ID,
      `invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: ${activityId}`,
    );
  }
  const { scheduledEventId } = scheduleActivity(draft, event, userMetadata(command));
  return attributes.requestEagerExecution && !draft.isPaused ? { eagerActivity: scheduledEventId } : {};
}

/** Cancels an activity: at once when no worker has it, else with the worker's next heartbeat. */
export function cancelActivityCommand({ draft, taskCompletedId, identity }: Decision, command: Command): HandlerResult {
  const scheduledEventId = toNumber(command.requestCancelActivityTaskCommandAttributes?.scheduledEventId);
  refuseWrongCancel(draft, scheduledEventId);
  requestCancelActivity(draft, scheduledEventId, taskCompletedId);
  const activity = draft.record.activities.get(scheduledEventId);
  if (activity?.state !== 'scheduled') return {};
  cancelActivity(draft, activity, jsonPayloads('ACTIVITY_ID_NOT_STARTED'), identity);
  return { needsNewTask: true };
}

/** Only what is pending can be cancelled, once, or what has ended without the workflow knowing it yet. */
function refuseWrongCancel({ record }: Decision['draft'], scheduledEventId: number): void {
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES;
  required(scheduledEventId || null, cause, 'ScheduledEventId is not set on RequestCancelActivityTaskCommand.');
  const activity = record.activities.get(scheduledEventId);
  const isKnown = activity !== undefined || record.buffered.some((event) => endsActivity(event, scheduledEventId));
  if (isKnown && !activity?.cancelRequestedEventId) return;
  throw new WorkflowTaskRefused(cause, `ScheduledEventID: ${scheduledEventId}`);
}

function endsActivity(event: HistoryEvent, scheduledEventId: number): boolean {
  const end =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  return toNumber(end?.scheduledEventId) === scheduledEventId;
}

function eventAttributes(
  { draft, taskCompletedId }: Decision,
  attributes: Attributes,
): temporal.api.history.v1.IActivityTaskScheduledEventAttributes {
  const { activityId, activityType } = attributes;
  const where = `ActivityId=${activityId} ActivityType=${activityType?.name}`;
  const retryPolicy = withRetryDefaults(attributes.retryPolicy);
  const problem = retryPolicyProblem(retryPolicy);
  if (problem !== undefined) {
    throw new WorkflowTaskRefused(
      bad,
      `invalid ActivityRetryPolicy on SechduleActivityTaskCommand: ${problem}. ${where}`,
    );
  }
  const onCommand = 'on ScheduleActivityTaskCommand exceeds length limit.';
  refuseLong(activityId, bad, (length) => `ActivityId ${onCommand} ${where} ${length}`);
  refuseLong(activityType?.name, bad, (length) => `ActivityType ${onCommand} ${where} ${length}`);
  const noPriority = priorityProblem(attributes.priority);
  if (noPriority !== undefined) throw new WorkflowTaskRefused(bad, noPriority);
  const timeouts = completeTimeouts(attributes, draft.record.runTimeout);
  if (timeouts === undefined) {
    throw new WorkflowTaskRefused(
      bad,
      `A valid StartToClose or ScheduleToCloseTimeout is not set on ScheduleActivityTaskCommand. ${where}`,
    );
  }
  return proto.temporal.api.history.v1.ActivityTaskScheduledEventAttributes.create({
    activityId: activityId ?? '',
    activityType: activityType ?? null,
    taskQueue: {
      name: attributes.taskQueue?.name || draft.record.taskQueue,
      kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL,
    },
    header: attributes.header ?? null,
    input: attributes.input ?? null,
    ...timeouts,
    retryPolicy,
    workflowTaskCompletedEventId: toLong(taskCompletedId),
    useWorkflowBuildId: attributes.useWorkflowBuildId ?? false,
    priority: attributes.priority ?? null,
  });
}
