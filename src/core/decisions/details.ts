import type { Command } from '../proto.ts';
import { durationMs, EventType, toLong, WorkflowTaskFailedCause } from '../proto.ts';
import { cancelTimer, startTimer } from '../run/timer.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { required, userMetadata } from './common.ts';
import { mergeFields } from '../run/fields.ts';
import { acceptAttributes } from './search-attributes.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

/** Starts a timer. */
export function startTimerCommand({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.startTimerCommandAttributes ?? {};
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES;
  required(attributes.timerId, cause, 'TimerId is not set on StartTimerCommand.');
  if (durationMs(attributes.startToFireTimeout) < 0) {
    throw new WorkflowTaskRefused(
      cause,
      `An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId=${attributes.timerId}`,
    );
  }
  if (startTimer(draft, attributes, taskCompletedId, userMetadata(command))) return {};
  throw new WorkflowTaskRefused(
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID,
    `timer ID ${attributes.timerId} is already in use`,
  );
}

/** Cancels a timer. */
export function cancelTimerCommand({ draft, taskCompletedId, identity }: Decision, command: Command): HandlerResult {
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_CANCEL_TIMER_ATTRIBUTES;
  const { timerId } = command.cancelTimerCommandAttributes ?? {};
  const id = required(timerId, cause, 'TimerId is not set on CancelTimerCommand.');
  if (cancelTimer(draft, id, taskCompletedId, identity)) return {};
  throw new WorkflowTaskRefused(cause, `there is no timer with ID ${id}`);
}

/** Writes a marker: a patch, the result of a local activity, a side effect. */
export function recordMarker({ draft, taskCompletedId }: Decision, command: Command): HandlerResult {
  const attributes = command.recordMarkerCommandAttributes ?? {};
  draft.append(EventType.EVENT_TYPE_MARKER_RECORDED, {
    ...userMetadata(command),
    markerRecordedEventAttributes: {
      markerName: required(
        attributes.markerName,
        WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_RECORD_MARKER_ATTRIBUTES,
        'MarkerName is not set on RecordMarkerCommand.',
      ),
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
  draft.append(EventType.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, {
    workflowPropertiesModifiedEventAttributes: { workflowTaskCompletedEventId: toLong(taskCompletedId), upsertedMemo },
  });
  draft.record.memo = { fields: mergeFields(draft.record.memo?.fields, upsertedMemo.fields) };
  return {};
}
