import type Long from 'long';
import type { HistoryEvent } from '../proto.ts';
import { EventType, toNumber } from '../proto.ts';

type StartedReference = {
  startedEventId?: Long | null;
  scheduledEventId?: Long | null;
  initiatedEventId?: Long | null;
};

const activityClose: readonly (keyof HistoryEvent)[] = [
  'activityTaskCompletedEventAttributes',
  'activityTaskFailedEventAttributes',
  'activityTaskTimedOutEventAttributes',
  'activityTaskCanceledEventAttributes',
];

const childClose: readonly (keyof HistoryEvent)[] = [
  'childWorkflowExecutionCompletedEventAttributes',
  'childWorkflowExecutionFailedEventAttributes',
  'childWorkflowExecutionTimedOutEventAttributes',
  'childWorkflowExecutionCanceledEventAttributes',
  'childWorkflowExecutionTerminatedEventAttributes',
];

const closeFields = [...activityClose, ...childClose];

/**
 * The order in which buffered events enter history: as they came, but the closing events of activities and children last, as Temporal's server
 * does (`reorderBuffer` in `historybuilder/event_store.go`).
 */
export function flushOrder(buffered: readonly HistoryEvent[]): HistoryEvent[] {
  const closes = buffered.filter((event) => closeAttributes(event) !== undefined);
  const others = buffered.filter((event) => closeAttributes(event) === undefined);
  // The closing events' back references are filled in below: they get attributes of their own here.
  return [...others, ...closes.map(withOwnAttributes)];
}

/**
 * Fills in the ids of `…Started` events that were buffered together with the events that refer to them.
 * @returns the ids of `ChildWorkflowExecutionStarted` events by the id of their initiated event.
 */
export function wireStartedIds(placed: readonly HistoryEvent[]): Map<number, number> {
  const started = new Map<number, Long>();
  const children = new Map<number, number>();
  for (const event of placed) {
    const id = event.eventId as Long;
    if (event.eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED) {
      started.set(toNumber(event.activityTaskStartedEventAttributes?.scheduledEventId), id);
    } else if (event.eventType === EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED) {
      const initiated = toNumber(event.childWorkflowExecutionStartedEventAttributes?.initiatedEventId);
      started.set(initiated, id);
      children.set(initiated, id.toNumber());
    } else {
      const attributes = closeAttributes(event);
      const startedId = attributes && started.get(toNumber(attributes.scheduledEventId ?? attributes.initiatedEventId));
      if (attributes !== undefined && startedId !== undefined) attributes.startedEventId = startedId;
    }
  }
  return children;
}

function closeAttributes(event: HistoryEvent): StartedReference | undefined {
  for (const field of closeFields) {
    const attributes = event[field];
    if (attributes) return attributes as StartedReference;
  }
  return undefined;
}

function withOwnAttributes(event: HistoryEvent): HistoryEvent {
  const copy = { ...event };
  for (const field of closeFields) {
    if (event[field]) Object.assign(copy, { [field]: { ...(event[field] as object) } });
  }
  return copy;
}
