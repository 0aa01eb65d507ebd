import { EventType, toLong, WorkflowTaskFailedCause } from '../../proto.ts';
import type { HistoryEvent } from '../../proto.ts';
import type { RunKey } from '../../record.ts';
import type { RunDraft } from '../draft.ts';
import { scheduleWorkflowTask, startWorkflowTask } from '../workflow-task.ts';
import { reapplyEvents } from './reapply.ts';
import type { Reapplied } from './reapply.ts';
import { rebuildRun } from './rebuild.ts';

/** What a reset is made of. */
export interface Reset {
  /** The new run. */
  readonly key: RunKey;
  readonly requestId: string;
  /** The run that was reset. */
  readonly baseRunId: string;
  /** Its events before the point that it goes back to. */
  readonly kept: readonly HistoryEvent[];
  /** What happened after them, in all runs since, in order. */
  readonly dropped: readonly HistoryEvent[];
  readonly reapplied: Reapplied;
  /** The schedule that waits for the end of the new run. Left out: none does. */
  readonly scheduledBy?: RunKey | undefined;
  readonly reason: string;
}

/** A workflow cannot go back to this point. The message is that of a Temporal server. */
export class ResetRefused extends Error {
  override readonly name = 'ResetRefused';
}

/**
 * Begins a run that goes on from an earlier point of another one: with that one's history, whose workflow task fails, and a new task.
 * @throws ResetRefused when no workflow task was scheduled or out at that point.
 */
export function resetRun(reset: Reset, now: number): RunDraft {
  const { key, baseRunId, kept, reason } = reset;
  refuseTorn(kept, reset.dropped[0]);
  const draft = rebuildRun(key, reset.requestId, baseRunId, kept, now);
  if (reset.scheduledBy !== undefined) draft.record.scheduledBy = reset.scheduledBy;
  failTask(draft, reset, reason);
  reapplyEvents(draft, reset.dropped, reset.reapplied);
  scheduleWorkflowTask(draft);
  return draft;
}

function failTask(draft: RunDraft, { key, baseRunId, kept }: Reset, reason: string): void {
  const { record } = draft;
  if (record.workflowTask === undefined) {
    throw new ResetRefused(
      `Can only reset workflow to event ID in range [WorkflowTaskScheduled +1, WorkflowTaskStarted + 1]: ${kept.length + 1}`,
    );
  }
  const isOut = record.workflowTask.startedEventId > 0;
  const taker = { identity: 'history-service', requestId: nobody, buildId: '' };
  const task = isOut ? record.workflowTask : startWorkflowTask(draft, taker);
  draft.append(EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, {
    workflowTaskFailedEventAttributes: {
      scheduledEventId: toLong(task.scheduledEventId),
      startedEventId: toLong(task.startedEventId),
      cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
      failure: { message: reason, resetWorkflowFailureInfo: {} },
      identity: 'history-service',
      baseRunId,
      newRunId: key.runId,
    },
  });
  record.workflowTask = undefined;
  record.workflowTaskAttempt = 1;
}

const nobody = '00000000-0000-0000-0000-000000000000';

/** Events that were written together stay together. */
function refuseTorn(kept: readonly HistoryEvent[], next: HistoryEvent | undefined): void {
  const last = kept.at(-1);
  const isStarted = last?.eventType === EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED;
  if (last === undefined || next === undefined || !(isStarted || isOneDecision(next))) return;
  throw new ResetRefused(
    `StateRebuilder unable to Rebuild mutable state to event ID: ${kept.length}, version: 0, this event must be at the boundary`,
  );
}

/** The commands of a task are written with its completion, and a task is scheduled with what makes it necessary. */
function isOneDecision(next: HistoryEvent): boolean {
  if (next.eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) return true;
  return Object.entries(next).some(
    ([name, attributes]) =>
      name.endsWith('EventAttributes') &&
      Boolean((attributes as { workflowTaskCompletedEventId?: unknown } | null)?.workflowTaskCompletedEventId),
  );
}
