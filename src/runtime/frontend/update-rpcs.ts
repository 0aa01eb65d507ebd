import type { temporal } from '@temporalio/proto';
import type { RunRecord } from '../../core/record.ts';
import { isPaused } from '../../core/run/paused.ts';
import { scheduleWorkflowTask } from '../../core/run/workflow-task.ts';
import {
  failedPrecondition,
  grpcStatus,
  hasCode,
  invalidArgument,
  isWorkflowClosing,
  isWorkflowCompleted,
  notFound,
  workflowCompleted,
  workflowNotReady,
} from '../errors.ts';
import type { RequestOf, ResponseOf } from '../service.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { longPollMs, requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';
import { isStuck } from './queries.ts';
import { refuseManyUpdates } from './update-limits.ts';
import { outlived, updateAborted } from './updates.ts';
import type { UpdateState } from './updates.ts';

const completedStage = 3;
const acceptedStage = 2;
const admittedStage = 1;

/** The RPCs of updates. */
export function updateHandlers(
  context: FrontendContext,
): Handlers<'updateWorkflowExecution' | 'pollWorkflowExecutionUpdate'> {
  return {
    async updateWorkflowExecution(request, options = {}) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.workflowExecution?.workflowId);
      requireUpdate(request.request);
      const runId = request.workflowExecution?.runId;
      for (let record = await context.runs.resolve({ namespace, workflowId }, runId); ;) {
        try {
          return await updateRun(context, record, request, options.signal);
        } catch (error) {
          const hasClosed = isWorkflowClosing(error) || isWorkflowCompleted(error);
          if (!hasClosed || runId || options.signal?.aborted) throw error;
          // Nobody said which run it is for: that may be another one by now.
          const current = await context.runs.resolve({ namespace, workflowId }, undefined);
          if (current.runId === record.runId) throw error;
          record = current;
        }
      }
    },
    async pollWorkflowExecutionUpdate(request, options = {}) {
      const namespace = requireNamespace(context, request.namespace);
      const reference = request.updateRef;
      const workflowId = requireId('WorkflowId', reference?.workflowExecution?.workflowId);
      const updateId = requireId('UpdateId', reference?.updateId);
      const record = await context.runs.resolve({ namespace, workflowId }, reference?.workflowExecution?.runId);
      if (!record.updates.has(updateId) && !context.updates.has(keyOf(record), updateId)) {
        const { residency } = context;
        if (residency?.has(record) === false && record.closeTime === undefined) {
          return await elsewhere(context, record, updateId, options.signal, (signal) =>
            residency.forward('pollWorkflowExecutionUpdate', request, record, signal),
          );
        }
        throw notFound(`update "${updateId}" not found`);
      }
      const stage = request.waitPolicy?.lifecycleStage ?? 0;
      const state = await waitFor(context, record, updateId, stage, options.signal);
      return { ...answer(record, updateId, state) };
    },
  };
}

async function updateRun(
  context: FrontendContext,
  record: RunRecord,
  request: RequestOf<'updateWorkflowExecution'>,
  signal: AbortSignal | undefined,
): Promise<ResponseOf<'updateWorkflowExecution'>> {
  if (request.firstExecutionRunId && record.firstRunId !== request.firstExecutionRunId) {
    throw notFound('workflow execution not found');
  }
  const updateId = request.request?.meta?.updateId || context.newId();
  const update = { ...request.request, meta: { ...request.request?.meta, updateId } };
  const { residency } = context;
  if (!record.updates.has(updateId)) {
    refusePaused(record);
    refuseStuck(record);
    if (residency?.has(record) === false && record.closeTime === undefined) {
      const known = { ...request, request: update };
      return await elsewhere(context, record, updateId, signal, (ended) =>
        residency.forward('updateWorkflowExecution', known, record, ended),
      );
    }
    await admit(context, record, updateId, update);
  }
  const stage = request.waitPolicy?.lifecycleStage ?? acceptedStage;
  const state = await waitFor(context, record, updateId, stage, signal);
  return { ...answer(record, updateId, state) };
}

/** @throws ServiceError INVALID_ARGUMENT when something is missing that every update has, or its id is too long. */
export function requireUpdate(request: temporal.api.update.v1.IRequest | null | undefined): void {
  if (!request?.meta) throw invalidArgument('Update meta is not set on request.');
  if (request.meta.updateId) requireId('UpdateId', request.meta.updateId);
  if (!request.input) throw invalidArgument('Update input is not set on request.');
  if (!request.input.name) throw invalidArgument('Update name is not set on request.');
}

/** What another process answers; when it has not in time, that the update has not come far yet. */
async function elsewhere<Answer>(
  context: FrontendContext,
  record: RunRecord,
  updateId: string,
  signal: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer | ReturnType<typeof answer>> {
  const wait = context.waits.begin(longPollMs, signal);
  try {
    return await call(wait.signal);
  } catch (error) {
    // It was open when the call came.
    if (isWorkflowCompleted(error)) throw updateAborted((await context.runs.load(keyOf(record))) ?? record);
    if (!hasCode(error, grpcStatus.DEADLINE_EXCEEDED) || signal?.aborted === true) throw error;
    return answer(record, updateId, { accepted: false, outcome: undefined });
  } finally {
    wait.done();
  }
}

async function admit(
  context: FrontendContext,
  record: RunRecord,
  updateId: string,
  request: temporal.api.update.v1.IRequest,
): Promise<void> {
  const key = keyOf(record);
  await context.runs.transact([key], async (transaction) => {
    const draft = await transaction.draft(key);
    // It was accepted since the caller looked.
    if (draft?.record.updates.has(updateId)) return transaction.discard(key);
    if (draft === undefined || !draft.isOpen) throw workflowCompleted();
    refusePaused(draft.record);
    refuseStuck(draft.record);
    if (!context.updates.has(key, updateId)) refuseManyUpdates(context.updates, draft.record, request);
    context.updates.admit(key, updateId, request);
    // Known updates too: the commit that was to bring them on their way may have failed.
    if (draft.record.workflowTask !== undefined || !context.updates.hasUnsent(key)) transaction.discard(key);
    else scheduleWorkflowTask(draft, 'speculative');
  });
}

/** @throws ServiceError FAILED_PRECONDITION when the run is paused. */
function refusePaused(record: Pick<RunRecord, 'status'>): void {
  if (isPaused(record)) throw failedPrecondition('Workflow is paused. Cannot update the workflow.');
}

/** @throws ServiceError FAILED_PRECONDITION when the run's workflow tasks keep failing: the update would wait in vain. */
function refuseStuck(record: Pick<RunRecord, 'workflowTask' | 'workflowTaskAttempt'>): void {
  if (isStuck(record)) {
    throw workflowNotReady('Unable to perform workflow execution update due to Workflow Task in failed state.');
  }
}

async function waitFor(
  context: FrontendContext,
  record: RunRecord,
  updateId: string,
  stage: number,
  signal: AbortSignal | undefined,
): Promise<UpdateState> {
  const key = keyOf(record);
  const wait = context.waits.begin(longPollMs, signal);
  try {
    if (context.updates.has(key, updateId) && stage > admittedStage) {
      const state = await context.updates.wait(key, updateId, stage >= completedStage, wait.signal);
      if (state.outcome !== undefined || context.updates.has(key, updateId)) return state;
    }
    // Listening begins before looking, so that nothing falls between the two.
    const change = context.histories.untilReady(key, (run) => hasReached(run, updateId, stage), wait.signal);
    const state = await storedState(context, record, updateId);
    if (state === undefined) return { accepted: false, outcome: undefined };
    if (state.outcome !== undefined || stage <= admittedStage || (state.accepted && stage < completedStage))
      return state;
    await change;
    return (await storedState(context, record, updateId)) ?? state;
  } finally {
    wait.done();
  }
}

function hasReached({ closeTime, updates }: RunRecord, updateId: string, stage: number): boolean {
  const { acceptedEventId = 0, completedEventId = 0 } = updates.get(updateId) ?? {};
  return closeTime !== undefined || (stage < completedStage ? acceptedEventId : completedEventId) > 0;
}

/** How far an update has come that history knows of; `undefined` when it knows of none. */
async function storedState(
  context: FrontendContext,
  record: RunRecord,
  updateId: string,
): Promise<UpdateState | undefined> {
  const current = (await context.runs.load(keyOf(record))) ?? record;
  const update = current.updates.get(updateId);
  if (update === undefined) return undefined;
  if (update.completedEventId > 0) {
    const [event] = await context.store.readHistory(
      keyOf(record),
      update.completedEventId,
      update.completedEventId + 1,
    );
    return { accepted: true, outcome: event?.workflowExecutionUpdateCompletedEventAttributes?.outcome ?? {} };
  }
  const accepted = update.acceptedEventId > 0;
  if (current.closeTime !== undefined && !accepted) throw updateAborted(current);
  if (current.closeTime !== undefined) return { accepted, outcome: { failure: outlived } };
  return { accepted, outcome: undefined };
}

function answer(
  record: RunRecord,
  updateId: string,
  state: UpdateState,
): temporal.api.workflowservice.v1.IUpdateWorkflowExecutionResponse {
  const stage = state.outcome !== undefined ? completedStage : state.accepted ? acceptedStage : admittedStage;
  return {
    updateRef: { workflowExecution: { workflowId: record.workflowId, runId: record.runId }, updateId },
    outcome: state.outcome ?? null,
    stage,
  };
}
