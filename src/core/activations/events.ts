import { EventType, type HistoryEvent, toNumber } from '../proto.ts';

type EventTypeValue = NonNullable<HistoryEvent['eventType']>;

/** Events that mirror a command of a workflow task's completion. */
const COMMAND_EVENTS: ReadonlySet<EventTypeValue> = new Set([
  EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
  EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
  EventType.EVENT_TYPE_MARKER_RECORDED,
  EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
  EventType.EVENT_TYPE_TIMER_CANCELED,
  EventType.EVENT_TYPE_TIMER_STARTED,
  EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
  EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
  EventType.EVENT_TYPE_NEXUS_OPERATION_SCHEDULED,
  EventType.EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
]);

const FINAL_EVENTS: ReadonlySet<EventTypeValue> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
]);

/** Events of the server's own bookkeeping: workers know them and do nothing. */
const UNINTERESTING_EVENTS: ReadonlySet<EventTypeValue> = new Set([
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED,
  EventType.EVENT_TYPE_ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY,
  EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
]);

/** The id of an event as a number; 0 when there is no event. */
export function eventId(event: HistoryEvent | undefined): number {
  return toNumber(event?.eventId);
}

/** The type of an event. */
export function eventType(event: HistoryEvent | undefined): EventTypeValue {
  return event?.eventType ?? EventType.EVENT_TYPE_UNSPECIFIED;
}

/** Whether the event mirrors a command. */
export function isCommandEvent(event: HistoryEvent): boolean {
  return COMMAND_EVENTS.has(eventType(event));
}

/** Whether the event closes the run. */
export function isFinalEvent(event: HistoryEvent): boolean {
  return FINAL_EVENTS.has(eventType(event));
}

/** Whether the machines need not know the event. */
export function isIgnorable(event: HistoryEvent): boolean {
  if (UNINTERESTING_EVENTS.has(eventType(event))) return true;
  return event.workerMayIgnore === true && EventType[eventType(event)] === undefined;
}

/** `ActivityTaskScheduled` and the like. */
export function eventName(event: HistoryEvent): string {
  return pascal(EventType[eventType(event)] ?? 'EVENT_TYPE_UNSPECIFIED', 'EVENT_TYPE_');
}

/** An event as messages of errors show it. */
export function describeEvent(event: HistoryEvent): string {
  return `HistoryEvent(id: ${eventId(event)}, ${eventName(event)})`;
}

const pascalNames = new Map<string, string>();

/** `COMMAND_TYPE_START_TIMER` with prefix `COMMAND_TYPE_` becomes `StartTimer`. */
export function pascal(name: string, prefix: string): string {
  const known = pascalNames.get(name);
  if (known !== undefined) return known;
  const words = name
    .slice(name.startsWith(prefix) ? prefix.length : 0)
    .toLowerCase()
    .split('_');
  const result = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  pascalNames.set(name, result);
  return result;
}

/** The id of the event that started what this event belongs to (its `…Scheduled`, `…Started` or `…Initiated`), if it has one. */
export function initiatingEventId(event: HistoryEvent): number | undefined {
  const scheduled =
    event.activityTaskStartedEventAttributes ??
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes ??
    event.workflowTaskStartedEventAttributes ??
    event.workflowTaskCompletedEventAttributes ??
    event.workflowTaskTimedOutEventAttributes ??
    event.workflowTaskFailedEventAttributes ??
    event.nexusOperationStartedEventAttributes ??
    event.nexusOperationCompletedEventAttributes ??
    event.nexusOperationFailedEventAttributes ??
    event.nexusOperationTimedOutEventAttributes ??
    event.nexusOperationCanceledEventAttributes ??
    event.nexusOperationCancelRequestCompletedEventAttributes ??
    event.nexusOperationCancelRequestFailedEventAttributes;
  if (scheduled) return toNumber(scheduled.scheduledEventId);
  const timer = event.timerFiredEventAttributes;
  if (timer) return toNumber(timer.startedEventId);
  const initiated =
    event.requestCancelExternalWorkflowExecutionFailedEventAttributes ??
    event.externalWorkflowExecutionCancelRequestedEventAttributes ??
    event.startChildWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionStartedEventAttributes ??
    event.childWorkflowExecutionCompletedEventAttributes ??
    event.childWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.signalExternalWorkflowExecutionFailedEventAttributes ??
    event.externalWorkflowExecutionSignaledEventAttributes;
  return initiated ? toNumber(initiated.initiatedEventId) : undefined;
}
