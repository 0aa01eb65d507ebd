import { BUFFERED_EVENTS, HISTORY_COUNT, HISTORY_SIZE, MOST_SIGNALS, TRANSACTION_SIZE } from '../limits.ts';
import { WorkflowTaskFailedCause } from '../proto.ts';
import { roughSize } from '../sizes.ts';
import type { RunDraft } from './draft.ts';
import { HistoryLimitExceeded, LimitExceeded, TransactionLimitExceeded } from './exceeded.ts';
import { failWorkflowTask, scheduleWorkflowTask } from './workflow-task.ts';

/** @throws LimitExceeded when the run has got all the signals that one run takes. */
export function refuseManySignals({ record }: RunDraft): void {
  if (record.signalCount >= MOST_SIGNALS)
    throw new LimitExceeded('exceeded workflow execution limit for signal events');
}

/**
 * A workflow task that is out while more and more happens to its run is given up, so that the workflow gets to see it: its answer will not count. To
 * be called when a change of the run is complete.
 */
export function limitInbox(draft: RunDraft): void {
  const { buffered } = draft.record;
  if (buffered.length === 0 || !draft.isOpen || !draft.taskIsOut) return;
  if (buffered.length <= BUFFERED_EVENTS.count && roughSize(buffered) <= BUFFERED_EVENTS.bytes) return;
  const cause = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND;
  failWorkflowTask(draft, cause, undefined, 'history-service');
  draft.flush();
  scheduleWorkflowTask(draft);
}

/**
 * Why a change may not be: it makes the history of an open run too long, comes when that is too large already, or is too large itself. How
 * much there is already does not count for a change that ends the run, or has it go on as a new one.
 */
export function exceededBy(draft: RunDraft): LimitExceeded | undefined {
  const { record, addedBytes, isOpen } = draft;
  if (isOpen && record.historySizeBytes - addedBytes > HISTORY_SIZE) {
    return new HistoryLimitExceeded('Workflow history size exceeds limit.');
  }
  if (isOpen && record.nextEventId - 1 > HISTORY_COUNT) {
    return new HistoryLimitExceeded('Workflow history count exceeds limit.');
  }
  if (addedBytes <= TRANSACTION_SIZE) return undefined;
  return new TransactionLimitExceeded(
    `transaction size of ${addedBytes} bytes exceeds limit of ${TRANSACTION_SIZE} bytes`,
  );
}
