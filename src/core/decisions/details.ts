import type { Command } from '../proto.ts';
import { durationMs, EventType, toLong, WorkflowTaskFailedCause } from '../proto.ts';
import { cancelTimer, startTimer } from '../run/timer.ts';
import { detailsSize, fieldsSize } from '../sizes.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { required, userMetadata } from './common.ts';
import { refuseLargeBlob, refuseLargeMemo, refuseLong } from './limits.ts';
import { mergeFields } from '../run/fields.ts';
import { acceptAttributes } from './search-attributes.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

/** Starts a timer. */
export function startTimerCommand({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.startTimerCommandAttributes ?? {};
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES;
  const timerId = required(attributes.timerId, cause, 'TimerId is not set on StartTimerCommand.');
  refuseLong(
    timerId,
    cause,
    (length) => `TimerId on StartTimerCommand exceeds length limit. TimerId=${timerId} ${length}`,
  );
  if (durationMs(attributes.startToFireTimeout) < 0) {
    throw new WorkflowTaskRefused(
      cause,
      `An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId=${attributes.timerId}`,
    );
  }
  if (startTimer(draft, attributes, taskCompletedId, userMetadata(command))) return {};
  throw new WorkflowTaskRefused(
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID,
    `invalid history builder state for action: add-timer-started-event, TimerID: ${timerId}`,
  );
}

/** Cancels a timer. */
export function cancelTimerCommand({ draft, taskCompletedId, identity }: Decision, command: Command): HandlerResult {
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_CANCEL_TIMER_ATTRIBUTES;
  const { timerId } = command.cancelTimerCommandAttributes ?? {};
  const id = required(timerId, cause, 'TimerId is not set on CancelTimerCommand.');
  refuseLong(id, cause, (length) => `TimerId on CancelTimerCommand exceeds length limit. TimerId=${id} ${length}`);
  if (cancelTimer(draft, id, taskCompletedId, identity)) return {};
  throw new WorkflowTaskRefused(
    cause,
    `invalid history builder state for action: add-timer-canceled-event, TimerID: ${id}`,
  );
}

/** Writes a marker: a patch, the result of a local activity, a side effect. */
export function recordMarker({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.recordMarkerCommandAttributes ?? {};
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_RECORD_MARKER_ATTRIBUTES;
  const markerName = required(attributes.markerName, cause, 'MarkerName is not set on RecordMarkerCommand.');
  const tooLong = `MarkerName on RecordMarkerCommand exceeds length limit. MarkerName=${markerName}`;
  refuseLong(markerName, cause, (length) => `${tooLong} ${length}`);
  const size = detailsSize(attributes.details);
  refuseLargeBlob(size, cause, 'RecordMarkerCommandAttributes.Details exceeds size limit.');
  draft.append(EventType.EVENT_TYPE_MARKER_RECORDED, {
    ...userMetadata(command),
    markerRecordedEventAttributes: {
      markerName,
      details: attributes.details ?? {},
      workflowTaskCompletedEventId: toLong(taskCompletedId),
      header: attributes.header ?? null,
      failure: attributes.failure ?? null,
    },
  });
  return {};
}

/** Sets search attributes; an empty value removes one. */
export function upsertSearchAttributes(decision: Decision, command: Command): HandlerResult {
  const { draft, taskCompletedId } = decision;
  const asked = command.upsertWorkflowSearchAttributesCommandAttributes?.searchAttributes ?? {};
  if (Object.keys(asked.indexedFields ?? {}).length === 0) {
    const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES;
    throw new WorkflowTaskRefused(cause, 'IndexedFields is not set on UpsertWorkflowSearchAttributesCommand.');
  }
  refuseLargeBlob(
    fieldsSize(asked.indexedFields),
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SEARCH_ATTRIBUTES,
    'UpsertWorkflowSearchAttributesCommandAttributes exceeds size limit.',
  );
  const searchAttributes = acceptAttributes(decision, asked, draft.record.namespace);
  draft.append(EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, {
    upsertWorkflowSearchAttributesEventAttributes: {
      workflowTaskCompletedEventId: toLong(taskCompletedId),
      searchAttributes,
    },
  });
  const fields = mergeFields(draft.record.searchAttributes?.indexedFields, searchAttributes.indexedFields);
  draft.record.searchAttributes = { indexedFields: fields };
  return {};
}

/** Changes the memo; an empty value removes an entry. */
export function modifyProperties({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const upsertedMemo = command.modifyWorkflowPropertiesCommandAttributes?.upsertedMemo ?? {};
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES;
  const size = fieldsSize(upsertedMemo.fields);
  refuseLargeBlob(size, cause, 'ModifyWorkflowPropertiesCommandAttributes exceeds size limit.');
  const memo = { fields: mergeFields(draft.record.memo?.fields, upsertedMemo.fields) };
  refuseLargeMemo(memo, cause, 'ModifyWorkflowPropertiesCommandAttributes. Memo exceeds size limit.');
  draft.append(EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, {
    workflowPropertiesModifiedEventAttributes: { workflowTaskCompletedEventId: toLong(taskCompletedId), upsertedMemo },
  });
  draft.record.memo = memo;
  return {};
}
