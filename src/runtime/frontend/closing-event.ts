import { EventType } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { workflowTimeout } from '../../core/run/next-run.ts';

/**
 * The event that ended a run, for those who wait for the end. One that is followed by another run (a retry, a cron schedule) looks like one that went
 * on as new: so clients follow it that know of no other successors, the official one when it is not to follow included. As on a Temporal server.
 */
export function shownToFollowers(closing: HistoryEvent): HistoryEvent {
  const completed = closing.workflowExecutionCompletedEventAttributes;
  const failed = closing.workflowExecutionFailedEventAttributes;
  const timedOut = closing.workflowExecutionTimedOutEventAttributes;
  const newExecutionRunId = (completed ?? failed ?? timedOut)?.newExecutionRunId;
  if (!newExecutionRunId) return closing;
  const { eventId, eventTime, taskId } = closing;
  return {
    eventId: eventId ?? null,
    eventTime: eventTime ?? null,
    taskId: taskId ?? null,
    eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    workflowExecutionContinuedAsNewEventAttributes: {
      newExecutionRunId,
      ...(completed?.result ? { lastCompletionResult: completed.result } : {}),
      ...(failed?.failure ? { failure: failed.failure } : {}),
      ...(timedOut ? { failure: workflowTimeout } : {}),
    },
  };
}
