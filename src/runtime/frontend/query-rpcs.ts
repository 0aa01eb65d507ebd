import { WorkflowExecutionStatus } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { isPaused } from '../../core/run/paused.ts';
import { failedPrecondition } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';
import { isStuck, stuck } from './queries.ts';
import { requireBlob } from './sizes.ts';

/** How long a caller waits for an answer, in milliseconds. */
const queryTimeoutMs = 30_000;
/** A query of a run that never ran waits this long for its first task. */
const firstTaskWaitMs = 1_000;

/** The RPCs of queries. */
export function queryHandlers(context: FrontendContext): Handlers<'queryWorkflow' | 'respondQueryTaskCompleted'> {
  return {
    async queryWorkflow(request, options = {}) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      requireId('QueryType', request.query?.queryType);
      requireBlob(request.query?.queryArgs);
      const record = await context.runs.resolve({ namespace, workflowId }, request.execution?.runId);
      if (isRejected(record, request.queryRejectCondition)) return { queryRejected: { status: record.status } };
      await waitForFirstTask(context, record);
      const wait = context.waits.begin(queryTimeoutMs, options.signal);
      try {
        const { residency } = context;
        if (residency !== undefined && !residency.canQuery(record)) {
          if (isStuck(record)) throw stuck();
          return await residency.forward('queryWorkflow', request, record, wait.signal);
        }
        const current = (await context.runs.load(keyOf(record))) ?? record;
        if (isStuck(current)) throw stuck();
        return await context.queries.ask(context.newId(), current, request.query ?? {}, wait.signal);
      } finally {
        wait.done();
      }
    },
    async respondQueryTaskCompleted(request) {
      context.queries.respond(request);
      return {};
    },
  };
}

const rejectNotOpen = 2;
const rejectNotCompletedCleanly = 3;

function isRejected(record: RunRecord, condition: number | null | undefined): boolean {
  const { status } = record;
  const running = status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
  if (isPaused(record)) return true;
  if (condition === rejectNotOpen) return !running;
  if (condition !== rejectNotCompletedCleanly || running) return false;
  return (
    status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_FAILED ||
    status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_CANCELED ||
    status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TERMINATED ||
    status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_TIMED_OUT
  );
}

/** A workflow that never ran has no handlers to ask. */
async function waitForFirstTask(context: FrontendContext, record: RunRecord): Promise<void> {
  const isScheduled = (run: RunRecord): boolean => run.workflowTask !== undefined || run.previousStartedEventId > 0;
  if (isScheduled(record)) return;
  const wait = context.waits.begin(firstTaskWaitMs, undefined);
  await context.histories.untilReady(keyOf(record), isScheduled, wait.signal);
  wait.done();
  const current = (await context.runs.load(keyOf(record))) ?? record;
  if (!isScheduled(current)) {
    throw failedPrecondition('Workflow task is not scheduled yet.');
  }
}
