import type { temporal } from '@temporalio/proto';
import type { HistoryEvent } from '../../core/proto.ts';
import { toNumber } from '../../core/proto.ts';
import type { RunKey } from '../../core/record.ts';
import { terminateForReset } from '../../core/run/close.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { ResetRefused, resetRun } from '../../core/run/reset/reset.ts';
import type { Reset } from '../../core/run/reset/reset.ts';
import { invalidArgument, unimplemented, workflowNotFound } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';
import type { Transaction, WorkflowKey } from './runs.ts';

type Request = temporal.api.workflowservice.v1.IResetWorkflowExecutionRequest;

/** `ResetReapplyType` and `ResetReapplyExcludeType`. */
const reapply = { signal: 1, none: 2 };
const exclude = { signal: 1, update: 2 };

/** The RPC by which a workflow goes back to an earlier point. */
export function resetHandlers(context: FrontendContext): Handlers<'resetWorkflowExecution'> {
  return {
    async resetWorkflowExecution(request) {
      const requestId = requireId('RequestId', request.requestId);
      const namespace = requireNamespace(context, request.namespace);
      if (!request.workflowExecution) throw invalidArgument('Execution is not set on request.');
      const workflowId = requireId('WorkflowId', request.workflowExecution.workflowId);
      if (request.postResetOperations?.length) throw unimplemented('post-reset operations');
      const key = { namespace, workflowId };
      return await context.runs.transact([key], async (transaction) => ({
        runId: await reset(context, transaction, key, { ...request, requestId }),
      }));
    },
  };
}

async function reset(
  context: FrontendContext,
  transaction: Transaction,
  key: WorkflowKey,
  request: Request & { readonly requestId: string },
): Promise<string> {
  const { runs, store } = context;
  const base = await open(transaction, keyOf(await runs.resolve(key, request.workflowExecution?.runId)));
  const point = toNumber(request.workflowTaskFinishEventId);
  const end = base.record.nextEventId;
  if (point <= 1 || point >= end) {
    throw invalidArgument('Workflow task finish ID must be > 1 && <= workflow last event ID.');
  }
  const current = await open(transaction, keyOf(await runs.resolve(key, undefined)));
  if (current.record.startRequestId === request.requestId) {
    for (const draft of [base, current]) transaction.discard(draft.key);
    return current.record.runId;
  }
  const events = await store.readHistory(base.key, 1, end);
  const later = await laterEvents(context, base.key, events);
  const runId = context.newId();
  base.record.resetRunId = runId;
  const reason = request.reason ?? '';
  const scheduledBy = current.isOpen ? terminateForReset(current, reason, base) : undefined;
  // A current run that this one did not go on as has nothing to do with it.
  const last = later.lastRunId === current.record.runId ? current.events : [];
  if (!current.isOpen && current !== base && current.events.length === 0) transaction.discard(current.key);
  const draft = begin(
    {
      key: { ...key, runId },
      requestId: request.requestId,
      baseRunId: base.record.runId,
      kept: events.slice(0, point - 1),
      dropped: [...events.slice(point - 1), ...later.events, ...last],
      reapplied: reappliedOf(request),
      scheduledBy,
      reason,
    },
    context.clock.now(),
  );
  transaction.create(draft, current.record.runId);
  return runId;
}

async function open(transaction: Transaction, key: RunKey): Promise<RunDraft> {
  const draft = await transaction.draft(key);
  if (draft === undefined) throw workflowNotFound(key.workflowId, key.runId);
  return draft;
}

function begin(what: Reset, now: number): RunDraft {
  try {
    return resetRun(what, now);
  } catch (error) {
    throw error instanceof ResetRefused ? invalidArgument(error.message) : error;
  }
}

/** What happened in the runs that a run went on as. */
async function laterEvents(
  { runs, store }: FrontendContext,
  key: RunKey,
  events: readonly HistoryEvent[],
): Promise<{ readonly events: readonly HistoryEvent[]; readonly lastRunId: string }> {
  const later: HistoryEvent[] = [];
  let [lastRunId, last] = [key.runId, events.at(-1)];
  for (;;) {
    const runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
    const record = runId ? await runs.load({ ...key, runId }) : undefined;
    if (record === undefined) return { events: later, lastRunId };
    const more = await store.readHistory(keyOf(record), 1, record.nextEventId);
    later.push(...more);
    [lastRunId, last] = [record.runId, more.at(-1)];
  }
}

function reappliedOf({ resetReapplyType: type, resetReapplyExcludeTypes }: Request): Reset['reapplied'] {
  const excluded = new Set<number>(resetReapplyExcludeTypes ?? []);
  return {
    signals: type !== reapply.none && !excluded.has(exclude.signal),
    updates: type !== reapply.none && type !== reapply.signal && !excluded.has(exclude.update),
  };
}
