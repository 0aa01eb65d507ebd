import type { coresdk, temporal } from '@temporalio/proto';

type HistoryEvent = temporal.api.history.v1.IHistoryEvent;
/** What workflow code asks for. */
export type Command = coresdk.workflow_commands.IWorkflowCommand & { readonly variant?: string };

/** What an event says that the code has asked for, in words; `undefined` for events that it has not caused. */
export function eventLabel(event: HistoryEvent): string | undefined {
  const {
    activityTaskScheduledEventAttributes: activity,
    timerStartedEventAttributes: timer,
    startChildWorkflowExecutionInitiatedEventAttributes: child,
    signalExternalWorkflowExecutionInitiatedEventAttributes: signal,
    requestCancelExternalWorkflowExecutionInitiatedEventAttributes: cancel,
  } = event;
  if (activity) return `activity ${activity.activityType?.name ?? ''}`;
  if (timer) return 'timer';
  if (child) return `child workflow ${child.workflowType?.name ?? ''} (${child.workflowId ?? ''})`;
  if (signal) return `signal ${signal.signalName ?? ''}`;
  if (cancel) return `cancellation of ${cancel.workflowExecution?.workflowId ?? ''}`;
  if (event.workflowExecutionCompletedEventAttributes) return 'end of the workflow';
  if (event.workflowExecutionFailedEventAttributes) return 'failure of the workflow';
  if (event.workflowExecutionContinuedAsNewEventAttributes) return 'continue as new';
  return undefined;
}

/** The same of a command. */
export function commandLabel(command: Command): string | undefined {
  const {
    scheduleActivity: activity,
    startTimer: timer,
    startChildWorkflowExecution: child,
    signalExternalWorkflowExecution: signal,
    requestCancelExternalWorkflowExecution: cancel,
  } = command;
  if (activity) return `activity ${activity.activityType ?? ''}`;
  if (timer) return 'timer';
  if (child) return `child workflow ${child.workflowType ?? ''} (${child.workflowId ?? ''})`;
  if (signal) return `signal ${signal.signalName ?? ''}`;
  if (cancel) return `cancellation of ${cancel.workflowExecution?.workflowId ?? ''}`;
  if (command.completeWorkflowExecution) return 'end of the workflow';
  if (command.failWorkflowExecution) return 'failure of the workflow';
  if (command.continueAsNewWorkflowExecution) return 'continue as new';
  return undefined;
}

/** How a call is found again in history: by the name that it has there. `undefined` for what has none. */
export function keyOfCommand({
  scheduleActivity,
  startTimer,
  startChildWorkflowExecution,
}: Command): string | undefined {
  if (scheduleActivity) return `activity ${scheduleActivity.activityId ?? ''}`;
  if (startTimer) return `timer ${startTimer.seq ?? ''}`;
  if (startChildWorkflowExecution) return `child ${startChildWorkflowExecution.workflowId ?? ''}`;
  return undefined;
}

/** The same of an event. */
export function keyOfEvent(event: HistoryEvent): string | undefined {
  const { activityTaskScheduledEventAttributes: activity, timerStartedEventAttributes: timer } = event;
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (activity) return `activity ${activity.activityId ?? ''}`;
  if (timer) return `timer ${timer.timerId ?? ''}`;
  return child ? `child ${child.workflowId ?? ''}` : undefined;
}

/** What names a call within its run: its kind and number. */
export function callOf(command: Command): string | undefined {
  const kinds = [
    'scheduleActivity',
    'startTimer',
    'startChildWorkflowExecution',
    'signalExternalWorkflowExecution',
  ] as const;
  const kind = kinds.find((each) => command[each]);
  return kind && `${kind} ${command[kind]?.seq ?? ''}`;
}

/** The call that a command takes back, as `callOf` names it. */
export function takenBack({
  cancelTimer,
  requestCancelActivity,
  cancelChildWorkflowExecution,
}: Command): string | undefined {
  if (cancelTimer) return `startTimer ${cancelTimer.seq ?? ''}`;
  if (requestCancelActivity) return `scheduleActivity ${requestCancelActivity.seq ?? ''}`;
  if (cancelChildWorkflowExecution)
    return `startChildWorkflowExecution ${cancelChildWorkflowExecution.childWorkflowSeq ?? ''}`;
  return undefined;
}
