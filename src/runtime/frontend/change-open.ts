import type { temporal } from '@temporalio/proto';
import type { RunDraft } from '../../core/run/draft.ts';
import { invalidArgument, notFound, workflowCompleted } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';

/** The run that a request means. */
export interface Target {
  readonly namespace?: string | null;
  readonly execution?: temporal.api.common.v1.IWorkflowExecution | null | undefined;
  readonly firstExecutionRunId?: string | null | undefined;
}

/** Changes the run that is meant, if it is open and the rule does not leave it `unchanged`. @throws ServiceError NOT_FOUND when it is unknown or closed. */
export async function changeOpen(
  context: FrontendContext,
  target: Target,
  rule: (draft: RunDraft) => 'unchanged' | void,
  otherwise: () => void = refuseClosed,
): Promise<void> {
  const namespace = requireNamespace(context, target.namespace);
  if (!target.execution) throw invalidArgument('Execution is not set on request.');
  const workflowId = requireId('WorkflowId', target.execution.workflowId);
  const { runId } = target.execution;
  await context.runs.transact([{ namespace, workflowId }], async (transaction) => {
    for (;;) {
      const record = await context.runs.resolve({ namespace, workflowId }, runId);
      if (target.firstExecutionRunId && record.firstRunId !== target.firstExecutionRunId) {
        throw notFound('workflow execution not found');
      }
      const draft = await transaction.draft(keyOf(record));
      if (draft?.isOpen) {
        if (rule(draft) === 'unchanged') transaction.discard(keyOf(record));
        return;
      }
      transaction.discard(keyOf(record));
      // Where several processes share a store, it may have gone on as a new run between the two looks.
      const current = runId ? record : await context.runs.resolve({ namespace, workflowId }, undefined);
      if (current.runId === record.runId) return otherwise();
    }
  });
}

function refuseClosed(): never {
  throw workflowCompleted();
}
