import type { temporal } from '@temporalio/proto';
import { durationMs, WorkflowTaskFailedCause } from '../proto.ts';
import type { RunDraft } from '../run/draft.ts';
import {
  completeWorkflowTask,
  dropSpeculativeTask,
  failWorkflowTask,
  scheduleWorkflowTask,
} from '../run/workflow-task.ts';
import { terminateRun } from '../run/close.ts';
import { isRejection } from '../run/update.ts';
import { noteResetPoint } from '../run/reset-points.ts';
import type { AttributeTypes } from '../search-attributes/types.ts';
import type { DecisionOutcome } from './apply.ts';
import { applyCommands } from './apply.ts';
import type { WorkflowTaskRefused } from '../run/refused.ts';

type Answer = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest;

/** Events that a speculative task may have shipped and still be forgotten (Temporal's default). */
const forgettableEvents = 10;

/** What a worker's answer is applied with. */
export interface AnswerContext {
  readonly newId: () => string;
  /** Updates that were sent with the task, by their ids. */
  readonly updateRequests: ReadonlyMap<string, temporal.api.update.v1.IRequest>;
  /** Search attributes that were declared in a namespace. Default: none. */
  readonly attributesOf?: (namespace: string) => AttributeTypes;
}

/** What an accepted answer led to, beside events. */
export interface AnswerOutcome extends DecisionOutcome {
  /** The task was forgotten: the worker has to go back to this event, the last task's start. */
  readonly resetToEventId: number | undefined;
}

/**
 * Takes a worker's answer to the workflow task that is out into the run.
 * @throws WorkflowTaskRefused when it breaks a rule; the draft is then of no use, see `refuseAnswer`.
 */
export function applyAnswer(draft: RunDraft, answer: Answer, context: AnswerContext): AnswerOutcome {
  const { record } = draft;
  const identity = answer.identity ?? '';
  const forgotten = leavesNoTrace(draft, answer);
  const seenBefore = record.buffered.length;
  draft.answering = true;
  const taskCompletedId = forgotten ? 0 : completeWorkflowTask(draft, completedAttributes(answer, identity));
  if (!forgotten) noteResetPoint(draft, answer.workerVersionStamp?.buildId ?? '', taskCompletedId);
  if (forgotten) dropSpeculativeTask(draft);
  const sticky = answer.stickyAttributes;
  const queue = sticky?.workerTaskQueue?.name;
  record.sticky = queue ? { queue, scheduleToStartTimeout: durationMs(sticky.scheduleToStartTimeout) } : undefined;
  const outcome = applyCommands(
    {
      draft,
      taskCompletedId,
      identity,
      ...context,
      hasUnseenEvents: () => seenBefore > 0 && record.buffered.length > 0,
    },
    answer.commands ?? [],
    answer.messages ?? [],
  );
  const unseen = seenBefore > 0 && record.buffered.length > 0;
  draft.answering = false;
  if (unseen || outcome.needsNewTask || answer.forceCreateNewWorkflowTask) scheduleWorkflowTask(draft);
  else draft.flush();
  return { ...outcome, resetToEventId: forgotten ? record.previousStartedEventId : undefined };
}

/** The answer was thrown away: its task fails and is scheduled again, unless the run ends with it. `draft` is a new one. */
export function refuseAnswer(draft: RunDraft, refused: WorkflowTaskRefused, identity: string): void {
  failWorkflowTask(draft, refused.failedCause, { message: refused.message, serverFailureInfo: {} }, identity);
  if (refused.terminates) terminateRun(draft, refused.message, undefined, 'history-service');
  else scheduleWorkflowTask(draft);
}

/** A retry that is refused again is dropped without an answer: it times out, which spaces the attempts. */
export function isDroppedWhenRefused(draft: RunDraft, refused: WorkflowTaskRefused): boolean {
  return (
    (draft.record.workflowTask?.attempt ?? 1) > 1 &&
    refused.failedCause !== WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND
  );
}

/** True for a speculative task whose updates were all rejected and that did nothing else (`skipWorkflowTaskCompletedEvent` of the server). */
function leavesNoTrace({ record }: RunDraft, answer: Answer): boolean {
  if (record.workflowTask?.kind !== 'speculative') return false;
  if ((answer.commands ?? []).length > 0 || answer.forceCreateNewWorkflowTask) return false;
  const mayForget = answer.capabilities?.discardSpeculativeWorkflowTaskWithEvents ? forgettableEvents : 0;
  if (record.nextEventId > record.previousStartedEventId + 2 + mayForget) return false;
  return (answer.messages ?? []).every(isRejection);
}

function completedAttributes(
  answer: Answer,
  identity: string,
): temporal.api.history.v1.IWorkflowTaskCompletedEventAttributes {
  return {
    identity,
    ...(answer.binaryChecksum ? { binaryChecksum: answer.binaryChecksum } : {}),
    ...(answer.sdkMetadata ? { sdkMetadata: answer.sdkMetadata } : {}),
    ...(answer.meteringMetadata ? { meteringMetadata: answer.meteringMetadata } : {}),
    ...(answer.workerVersionStamp ? { workerVersion: answer.workerVersionStamp } : {}),
  };
}
