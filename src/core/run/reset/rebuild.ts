import { durationMs, EventType, toMillis, toNumber } from '../../proto.ts';
import type { HistoryEvent } from '../../proto.ts';
import type { ResetOrigin, RunKey } from '../../record.ts';
import { addActivity } from '../activity.ts';
import { addChild } from '../child.ts';
import { RunDraft } from '../draft.ts';
import { mergeFields } from '../fields.ts';
import { noteResetPoint } from '../reset-points.ts';
import { restoredRecord } from '../start.ts';
import { scheduledTask } from '../workflow-task.ts';

type Apply = (draft: RunDraft, event: HistoryEvent, id: number) => void;

/** A run that begins with the events of another one, and is as that one was after them. Times and limits count from now. */
export function rebuildRun(
  key: RunKey,
  requestId: string,
  baseRunId: string,
  events: readonly HistoryEvent[],
  now: number,
): RunDraft {
  const [started = {}] = events;
  const resetFrom: ResetOrigin = {
    baseRunId,
    lastEventId: events.length,
    originalRunId: started.workflowExecutionStartedEventAttributes?.originalExecutionRunId || baseRunId,
    originalStartTime: toMillis(started.eventTime) ?? now,
  };
  const draft = new RunDraft({ ...restoredRecord(key, requestId, started, now), resetFrom }, 0, now);
  for (const event of events) {
    draft.adopt(event);
    rules.get(event.eventType ?? 0)?.(draft, event, toNumber(event.eventId));
  }
  for (const { initiatedEventId: id, startedEventId } of draft.record.children.values()) {
    if (startedEventId === 0) draft.addEffect({ kind: 'startChild', id: `${id}`, eventId: id });
  }
  for (const { initiatedEventId: id, kind } of draft.record.externals.values()) {
    draft.addEffect({ kind: kind === 'signal' ? 'signalExternal' : 'cancelExternal', id: `${id}`, eventId: id });
  }
  return draft;
}

const noTask: Apply = ({ record }) => {
  record.workflowTask = undefined;
};

const taskScheduled: Apply = ({ record }, event, id) => {
  const { attempt } = event.workflowTaskScheduledEventAttributes ?? {};
  record.workflowTask = scheduledTask(id, attempt ?? 1, toMillis(event.eventTime) ?? 0);
};

const taskCompleted: Apply = (draft, event, id) => {
  const { workerVersion, startedEventId } = event.workflowTaskCompletedEventAttributes ?? {};
  draft.record.workflowTask = undefined;
  draft.record.previousStartedEventId = toNumber(startedEventId);
  noteResetPoint(draft, workerVersion?.buildId ?? '', id);
};

/** Forgets what was pending under the event id in this field, in whichever attributes the event has. */
function ends(pending: 'activities' | 'children' | 'externals', field: 'scheduledEventId' | 'initiatedEventId'): Apply {
  return (draft, event) => {
    draft.record[pending].delete(toNumber(referenceOf(event, field)));
  };
}

function referenceOf(event: HistoryEvent, field: string): Parameters<typeof toNumber>[0] {
  for (const [name, attributes] of Object.entries(event)) {
    if (name.endsWith('EventAttributes') && attributes) return (attributes as Record<string, never>)[field];
  }
  return undefined;
}

const activityEnds = ends('activities', 'scheduledEventId');
const childEnds = ends('children', 'initiatedEventId');
const externalEnds = ends('externals', 'initiatedEventId');

const timerEnds: Apply = ({ record }, event) => {
  const { timerId, startedEventId } = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes ?? {};
  // While one that has fired waited in the inbox, another one may have begun under its id.
  const timer = record.timers.get(timerId ?? '');
  if (timer?.startedEventId === toNumber(startedEventId)) record.timers.delete(timer.timerId);
};

const rules: ReadonlyMap<number, Apply> = new Map<number, Apply>([
  [EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, taskScheduled],
  [
    EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED,
    ({ record }, _event, id) => {
      if (record.workflowTask !== undefined) record.workflowTask = { ...record.workflowTask, startedEventId: id };
    },
  ],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED, taskCompleted],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, noTask],
  [EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, noTask],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    (draft, event, id) => void addActivity(draft, id, event.activityTaskScheduledEventAttributes ?? {}),
  ],
  [
    EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED,
    ({ record }, event, id) => {
      const scheduled = toNumber(event.activityTaskCancelRequestedEventAttributes?.scheduledEventId);
      const activity = record.activities.get(scheduled);
      if (activity !== undefined) record.activities.set(scheduled, { ...activity, cancelRequestedEventId: id });
    },
  ],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, activityEnds],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED, activityEnds],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, activityEnds],
  [EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED, activityEnds],
  [
    EventType.EVENT_TYPE_TIMER_STARTED,
    ({ record, now }, event, id) => {
      const { timerId, startToFireTimeout } = event.timerStartedEventAttributes ?? {};
      const fireAt = (toMillis(event.eventTime) ?? now) + durationMs(startToFireTimeout);
      // One of the same id may be there still: the new one has its place behind it.
      record.timers.delete(timerId ?? '');
      record.timers.set(timerId ?? '', { timerId: timerId ?? '', startedEventId: id, fireAt });
    },
  ],
  [EventType.EVENT_TYPE_TIMER_FIRED, timerEnds],
  [EventType.EVENT_TYPE_TIMER_CANCELED, timerEnds],
  [
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
    (draft, event, id) => addChild(draft, id, event.startChildWorkflowExecutionInitiatedEventAttributes ?? {}),
  ],
  [
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
    ({ record }, event, startedEventId) => {
      const { initiatedEventId, workflowExecution } = event.childWorkflowExecutionStartedEventAttributes ?? {};
      const child = record.children.get(toNumber(initiatedEventId));
      if (child === undefined) return;
      const runId = workflowExecution?.runId ?? '';
      record.children.set(child.initiatedEventId, { ...child, startedEventId, runId });
    },
  ],
  [EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, childEnds],
  [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED, childEnds],
  [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED, childEnds],
  [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED, childEnds],
  [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT, childEnds],
  [EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED, childEnds],
  [
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    ({ record }, _event, id) => void record.externals.set(id, { initiatedEventId: id, kind: 'signal' }),
  ],
  [
    EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
    ({ record }, _event, id) => void record.externals.set(id, { initiatedEventId: id, kind: 'cancel' }),
  ],
  [EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, externalEnds],
  [EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, externalEnds],
  [EventType.EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, externalEnds],
  [EventType.EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, externalEnds],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, ({ record }) => void (record.signalCount += 1)],
  [EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, ({ record }) => void (record.cancelRequested = true)],
  [
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    ({ record }, event) => {
      const changes = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
      record.searchAttributes = { indexedFields: mergeFields(record.searchAttributes?.indexedFields, changes) };
    },
  ],
  [
    EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
    ({ record }, event) => {
      const changes = event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields;
      record.memo = { fields: mergeFields(record.memo?.fields, changes) };
    },
  ],
  [
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED,
    ({ record }, event) => {
      const updateId = event.workflowExecutionUpdateAdmittedEventAttributes?.request?.meta?.updateId ?? '';
      record.updates.set(updateId, { updateId, acceptedEventId: 0, completedEventId: 0 });
    },
  ],
  [
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    ({ record }, event, acceptedEventId) => {
      const updateId = event.workflowExecutionUpdateAcceptedEventAttributes?.protocolInstanceId ?? '';
      record.updates.set(updateId, { updateId, acceptedEventId, completedEventId: 0 });
    },
  ],
  [
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    ({ record }, event, completedEventId) => {
      const updateId = event.workflowExecutionUpdateCompletedEventAttributes?.meta?.updateId ?? '';
      const update = record.updates.get(updateId);
      if (update !== undefined) record.updates.set(updateId, { ...update, completedEventId });
    },
  ],
]);
