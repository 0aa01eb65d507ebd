import type { temporal } from '@temporalio/proto';
import type { Command } from '../proto.ts';
import {
  ContinueAsNewInitiator,
  durationMs,
  EventType,
  TaskQueueKind,
  toDuration,
  toLong,
  WorkflowTaskFailedCause,
} from '../proto.ts';
import { closeRun } from '../run/close.ts';
import { planAfterCompletion, planAfterFailure } from '../run/next-run.ts';
import { withRetryDefaults } from '../run/retry.ts';
import { inheritedResetPoints } from '../run/reset-points.ts';
import { failureSize, payloadsSize } from '../sizes.ts';
import { explicitTimeouts, inheritedPlace, optionalDuration, startRun } from '../run/start.ts';
import { required } from './common.ts';
import { refuseLargeBlob, refuseLargeMemo, refuseLong } from './limits.ts';
import { acceptAttributes } from './search-attributes.ts';
import type { Decision, HandlerResult } from './decision.ts';
import { WorkflowTaskRefused } from '../run/refused.ts';

type ContinueAttributes = temporal.api.command.v1.IContinueAsNewWorkflowExecutionCommandAttributes;

/** The workflow returned: another run follows, if it has a cron schedule. */
export function completeRun(decision: Decision, command: Command): HandlerResult {
  refuseUnseenEvents(decision);
  const result = command.completeWorkflowExecutionCommandAttributes?.result;
  refuseLargeBlob(
    payloadsSize(result),
    // The cause that servers give here, too.
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_SCHEDULE_ACTIVITY_ATTRIBUTES,
    'CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.',
  );
  const { newExecutionRunId, start } = planAfterCompletion(decision.draft, result, decision.newId);
  closeRun(decision.draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, {
    workflowExecutionCompletedEventAttributes: {
      ...(result ? { result } : {}),
      workflowTaskCompletedEventId: toLong(decision.taskCompletedId),
      newExecutionRunId,
    },
  });
  start();
  return {};
}

/** The workflow threw a failure: another run follows, if its retry policy or its cron schedule says so. */
export function failRun(decision: Decision, command: Command): HandlerResult {
  refuseUnseenEvents(decision);
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES;
  const failure = required(
    command.failWorkflowExecutionCommandAttributes?.failure,
    cause,
    'Failure is not set on FailWorkflowExecutionCommand.',
  );
  const size = failureSize(failure);
  refuseLargeBlob(size, cause, 'FailWorkflowExecutionCommandAttributes.Failure exceeds size limit.');
  const { retryState, newExecutionRunId, start } = planAfterFailure(decision.draft, failure, decision.newId);
  closeRun(decision.draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, {
    workflowExecutionFailedEventAttributes: {
      failure,
      retryState,
      workflowTaskCompletedEventId: toLong(decision.taskCompletedId),
      newExecutionRunId,
    },
  });
  start();
  return {};
}

/** The workflow let a cancellation through. */
export function cancelRun(decision: Decision, command: Command): HandlerResult {
  refuseUnseenEvents(decision);
  const details = command.cancelWorkflowExecutionCommandAttributes?.details;
  closeRun(decision.draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, {
    workflowExecutionCanceledEventAttributes: {
      ...(details ? { details } : {}),
      workflowTaskCompletedEventId: toLong(decision.taskCompletedId),
    },
  });
  return {};
}

/** The workflow goes on as a new run with a history of its own; both are written in one commit. */
export function continueAsNew(decision: Decision, command: Command): HandlerResult {
  refuseUnseenEvents(decision);
  const { draft, taskCompletedId } = decision;
  const { record } = draft;
  const attributes = command.continueAsNewWorkflowExecutionCommandAttributes ?? {};
  refuseLimits(attributes);
  const runId = decision.newId();
  const carried = carriedOver(decision, attributes);
  record.nextRunId = runId;
  closeRun(draft, EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, {
    workflowExecutionContinuedAsNewEventAttributes: {
      ...carried,
      ...(attributes.initiator ? { initiator: attributes.initiator } : {}),
      newExecutionRunId: runId,
      workflowTaskCompletedEventId: toLong(taskCompletedId),
      backoffStartInterval: attributes.backoffStartInterval ?? null,
      failure: attributes.failure ?? null,
      ...(attributes.inheritBuildId ? { inheritBuildId: true } : {}),
    },
  });
  draft.successors.push(
    startRun(
      {
        ...inheritedPlace(record),
        runId,
        requestId: decision.newId(),
        explicitTimeouts: true,
        attributes: {
          ...carried,
          initiator: attributes.initiator || ContinueAsNewInitiator.CONTINUE_AS_NEW_INITIATOR_WORKFLOW,
          workflowExecutionTimeout: optionalDuration(record.executionTimeout),
          continuedFailure: attributes.failure ?? null,
          retryPolicy: attributes.retryPolicy ? withRetryDefaults(attributes.retryPolicy) : null,
          cronSchedule: attributes.cronSchedule ?? '',
          firstWorkflowTaskBackoff: attributes.backoffStartInterval ?? null,
          prevAutoResetPoints: inheritedResetPoints(draft),
          priority: record.priority ?? null,
        },
      },
      draft.now,
    ),
  );
  return {};
}

function refuseLimits(attributes: ContinueAttributes): void {
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_CONTINUE_AS_NEW_ATTRIBUTES;
  const type = attributes.workflowType?.name;
  const tooLong = 'WorkflowType on ContinueAsNewWorkflowExecutionCommand exceeds length limit.';
  refuseLong(type, cause, (length) => `${tooLong} WorkflowType=${type} ${length}`);
  const tooLarge = (what: string): string =>
    `ContinueAsNewWorkflowExecutionCommandAttributes. ${what} exceeds size limit.`;
  refuseLargeBlob(payloadsSize(attributes.input), cause, tooLarge('Input'));
  refuseLargeMemo(attributes.memo, cause, tooLarge('Memo'));
}

/** What the next run gets from the command, or else from this run. */
function carriedOver(decision: Decision, attributes: ContinueAttributes) {
  const { record } = decision.draft;
  const workflowType = attributes.workflowType?.name || record.workflowType;
  const taskQueue = attributes.taskQueue?.name || record.taskQueue;
  const inNext = (why: string): string =>
    `invalid SearchAttributes on ContinueAsNewWorkflowExecutionCommand: ${why}. WorkflowType=${workflowType} TaskQueue=${taskQueue}`;
  const timeouts = explicitTimeouts({
    workflowExecutionTimeout: toDuration(record.executionTimeout),
    workflowRunTimeout: toDuration(durationMs(attributes.workflowRunTimeout) || record.runTimeout),
    workflowTaskTimeout: toDuration(durationMs(attributes.workflowTaskTimeout) || record.taskTimeout),
  });
  return {
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue, kind: TaskQueueKind.TASK_QUEUE_KIND_NORMAL },
    input: attributes.input ?? null,
    ...timeouts,
    memo: attributes.memo ?? null,
    header: attributes.header ?? null,
    searchAttributes: attributes.searchAttributes
      ? acceptAttributes(decision, attributes.searchAttributes, record.namespace, inNext)
      : null,
    lastCompletionResult: attributes.lastCompletionResult ?? null,
  };
}

/** What came while the task was out must be seen before the run may close (Temporal: `UNHANDLED_COMMAND`). */
function refuseUnseenEvents(decision: Decision): void {
  if (!decision.hasUnseenEvents()) return;
  throw new WorkflowTaskRefused(WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND);
}
