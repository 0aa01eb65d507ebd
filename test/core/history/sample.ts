import Long from 'long';
import { EventType, toTimestamp } from '../../../src/core/proto.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import { attributesField } from '../../../src/core/history/event-type.ts';

/** An event in short: its type, its attributes, its time in ms (default: its place). */
export interface Short {
  readonly type: string;
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly at?: number;
}

/** Fields that name events. */
export const referenceFields: readonly string[] = [
  'workflowTaskCompletedEventId',
  'scheduledEventId',
  'startedEventId',
  'initiatedEventId',
  'latestCancelRequestedEventId',
  'acceptedEventId',
];

/** Events with ids from 1, as the API has them. */
export function history(events: readonly Short[]): HistoryEvent[] {
  return events.map(({ type, attributes = {}, at }, index) => event(index + 1, { type, attributes, at: at ?? index }));
}

/** One event as the API has it. */
export function event(eventId: number, { type, attributes = {}, at = 0 }: Short): HistoryEvent {
  const constant = `EVENT_TYPE_${type.replaceAll(/(?<!^)([A-Z])/g, '_$1').toUpperCase()}`;
  return {
    eventId: Long.fromNumber(eventId),
    eventType: EventType[constant as keyof typeof EventType],
    eventTime: toTimestamp(1_000 + at),
    [attributesField(type)]: attributes,
  };
}

const task = (scheduledEventId: number): Short[] => [
  { type: 'WorkflowTaskScheduled' },
  { type: 'WorkflowTaskStarted', attributes: { scheduledEventId } },
  { type: 'WorkflowTaskCompleted', attributes: { scheduledEventId, startedEventId: scheduledEventId + 1 } },
];
const of = (workflowTaskCompletedEventId: number, more: object = {}): Record<string, unknown> => ({
  workflowTaskCompletedEventId,
  ...more,
});

/** A run that does something of everything. */
export const sample: readonly Short[] = [
  { type: 'WorkflowExecutionStarted' },
  ...task(2),
  { type: 'ActivityTaskScheduled', attributes: of(4, { activityId: '1' }) }, // 5
  { type: 'ActivityTaskScheduled', attributes: of(4, { activityId: '2' }) },
  { type: 'TimerStarted', attributes: of(4, { timerId: '1' }) },
  { type: 'TimerStarted', attributes: of(4, { timerId: '2' }) },
  { type: 'StartChildWorkflowExecutionInitiated', attributes: of(4, { workflowId: 'child' }) },
  { type: 'StartChildWorkflowExecutionInitiated', attributes: of(4, { workflowId: 'taken' }) }, // 10
  { type: 'SignalExternalWorkflowExecutionInitiated', attributes: of(4) },
  { type: 'RequestCancelExternalWorkflowExecutionInitiated', attributes: of(4) },
  { type: 'MarkerRecorded', attributes: of(4, { markerName: 'core_patch' }) },
  { type: 'WorkflowExecutionSignaled' },
  ...task(15),
  { type: 'ActivityTaskCancelRequested', attributes: of(17, { scheduledEventId: 6 }) }, // 18
  { type: 'TimerCanceled', attributes: of(17, { timerId: '2', startedEventId: 8 }) },
  { type: 'WorkflowExecutionUpdateAccepted', attributes: { protocolInstanceId: 'u' } }, // 20
  { type: 'ChildWorkflowExecutionStarted', attributes: { initiatedEventId: 9 } },
  { type: 'StartChildWorkflowExecutionFailed', attributes: { initiatedEventId: 10, workflowId: 'taken' } },
  { type: 'ExternalWorkflowExecutionSignaled', attributes: { initiatedEventId: 11 } },
  { type: 'RequestCancelExternalWorkflowExecutionFailed', attributes: { initiatedEventId: 12 } },
  { type: 'TimerFired', attributes: { timerId: '1', startedEventId: 7 } }, // 25
  { type: 'ActivityTaskStarted', attributes: { scheduledEventId: 5 }, at: 7 },
  { type: 'ActivityTaskCompleted', attributes: { scheduledEventId: 5, startedEventId: 26 } },
  {
    type: 'ActivityTaskCanceled',
    attributes: { scheduledEventId: 6, startedEventId: 0, latestCancelRequestedEventId: 18 },
  },
  { type: 'ChildWorkflowExecutionCompleted', attributes: { initiatedEventId: 9, startedEventId: 21 } },
  { type: 'WorkflowTaskScheduled' }, // 30
  { type: 'WorkflowTaskStarted', attributes: { scheduledEventId: 30 } },
  { type: 'WorkflowTaskFailed', attributes: { scheduledEventId: 30, startedEventId: 31 } },
  // It came while the task was out.
  { type: 'WorkflowExecutionSignaled', at: 30.5 },
  { type: 'WorkflowTaskScheduled' }, // 34
  { type: 'WorkflowTaskTimedOut', attributes: { scheduledEventId: 34 } },
  ...task(36),
  { type: 'WorkflowExecutionUpdateCompleted', attributes: { acceptedEventId: 20 } },
  { type: 'WorkflowExecutionCompleted', attributes: of(38) }, // 40
];
