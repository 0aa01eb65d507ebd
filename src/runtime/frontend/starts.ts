import type { temporal } from '@temporalio/proto';
import {
  durationMs,
  WorkflowExecutionStatus,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { terminateRun } from '../../core/run/close.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { recordSignal, signalRun } from '../../core/run/signal.ts';
import { jsonPayloads } from '../../core/payloads.ts';
import { startRun } from '../../core/run/start.ts';
import type { NewRun } from '../../core/run/start.ts';
import type { TaskTaker } from '../../core/run/workflow-task.ts';
import { failedPrecondition, workflowAlreadyStarted } from '../errors.ts';
import type { AlreadyStartedReason } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId } from './context.ts';
import { keyOf } from './keys.ts';
import type { Transaction } from './runs.ts';
import { requireBlob } from './sizes.ts';
import { newRun } from './start-request.ts';
import { workflowTaskResponse } from './workflow-task-response.ts';

type StartRequest = temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
type SignalWithStartRequest = temporal.api.workflowservice.v1.ISignalWithStartWorkflowExecutionRequest;

/** The RPCs that start runs. */
export function startHandlers(
  context: FrontendContext,
): Handlers<'startWorkflowExecution' | 'signalWithStartWorkflowExecution'> {
  return {
    async startWorkflowExecution(request) {
      refuseDeprecated(context, request);
      const start = await newRun(context, request);
      const isEager = mayStartEagerly(start, request);
      const eager = { ...start, ...(isEager ? { firstTaskTaker: takerOf(context, request) } : {}) };
      const { record, started } = await context.runs.transact([start], (transaction) =>
        placeRun(context, transaction, isEager ? eager : start, request),
      );
      // After a repeated request it may be out still, with the answer that got lost.
      const isOut = isEager && started && isFirstTaskOut(record);
      return {
        ...(isOut ? { eagerWorkflowTask: await workflowTaskResponse(context, record, false) } : {}),
        runId: record.runId,
        firstExecutionRunId: record.firstRunId,
        started,
        status: started ? WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING : record.status,
      };
    },
    async signalWithStartWorkflowExecution(request) {
      refuseDeprecated(context, request);
      const start = await newRun(context, request);
      requireId('SignalName', request.signalName);
      requireBlob(request.signalInput);
      const signalled = { ...start, beforeFirstTask: (draft: RunDraft) => recordSignal(draft, signalOf(request)) };
      const { record, started } = await context.runs.transact([start], async (transaction) => {
        for (;;) {
          const placed = await placeRun(context, transaction, signalled, useRunning(request));
          if (placed.started) return placed;
          const draft = await openDraft(transaction, placed.record);
          if (draft === undefined) continue;
          signalRun(draft, signalOf(request), request.requestId ?? '');
          return placed;
        }
      });
      return { runId: record.runId, started };
    },
  };
}

/** @throws ServiceError FAILED_PRECONDITION */
function refuseDeprecated({ namespaces }: FrontendContext, { namespace }: Pick<StartRequest, 'namespace'>): void {
  if (!namespace || !namespaces.has(namespace) || namespaces.get(namespace).state !== 'deprecated') return;
  throw failedPrecondition('Namespace has invalid state: Deprecated. Must be Registered.');
}

/** Whoever asks for the start may take the first workflow task at once, unless that is to begin later. */
function mayStartEagerly({ attributes }: NewRun, { requestEagerExecution }: StartRequest): boolean {
  return requestEagerExecution === true && durationMs(attributes.firstWorkflowTaskBackoff) === 0;
}

function takerOf({ newId }: FrontendContext, { identity, requestId }: StartRequest): TaskTaker {
  return { identity: identity ?? '', requestId: requestId || newId(), buildId: '' };
}

function isFirstTaskOut({ workflowTask: task }: RunRecord): boolean {
  return task !== undefined && task.startedEventId === firstStartedEventId && task.attempt === 1;
}

/** Of `WorkflowTaskStarted`, after the start and `WorkflowTaskScheduled`. */
const firstStartedEventId = 3;

interface Placed {
  readonly record: RunRecord;
  readonly started: boolean;
}

/** Begins the run if its id is free, or does what the policies say. Used for children too. */
export async function placeRun(
  context: FrontendContext,
  transaction: Transaction,
  start: NewRun,
  policies: Pick<StartRequest, 'workflowIdReusePolicy' | 'workflowIdConflictPolicy'>,
): Promise<Placed> {
  for (;;) {
    const current = await context.runs.current(start);
    if (current === undefined) return begin(context, transaction, start, undefined);
    const { record } = current;
    if (record.schedule !== undefined) throw alreadyThere('running', record);
    // The same request again: the answer may have been lost on its way.
    if (record.startRequestId === start.requestId) return { record, started: true };
    if (record.closeTime !== undefined) {
      refuseReuse(record, policies.workflowIdReusePolicy);
      return begin(context, transaction, start, record.runId);
    }
    const placed = await resolveConflict(context, transaction, start, record, policies);
    if (placed !== undefined) return placed;
  }
}

/** A draft of a run that was open a moment ago; `undefined` when another process that shares the store has closed it since. */
async function openDraft(transaction: Transaction, record: RunRecord): Promise<RunDraft | undefined> {
  const key = keyOf(record);
  const draft = await transaction.draft(key);
  if (draft?.isOpen) return draft;
  transaction.discard(key);
  return undefined;
}

function begin(
  context: FrontendContext,
  transaction: Transaction,
  start: NewRun,
  previousRunId: string | undefined,
): Placed {
  const draft = startRun(start, context.clock.now());
  transaction.create(draft, previousRunId);
  return { record: draft.record, started: true };
}

/** @returns `undefined` when the run is not running any more. */
async function resolveConflict(
  context: FrontendContext,
  transaction: Transaction,
  start: NewRun,
  running: RunRecord,
  policies: Pick<StartRequest, 'workflowIdReusePolicy' | 'workflowIdConflictPolicy'>,
): Promise<Placed | undefined> {
  const terminates =
    policies.workflowIdConflictPolicy === WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING ||
    policies.workflowIdReusePolicy === WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING;
  if (terminates) {
    const draft = await openDraft(transaction, running);
    if (draft === undefined) return undefined;
    const details = jsonPayloads(`terminated by new runID: ${start.runId}`);
    terminateRun(draft, 'TerminateIfRunning WorkflowIdReusePolicy', details, 'history-service');
    return begin(context, transaction, start, running.runId);
  }
  if (policies.workflowIdConflictPolicy === WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING) {
    return { record: running, started: false };
  }
  throw alreadyThere('running', running);
}

function refuseReuse(closed: RunRecord, policy: StartRequest['workflowIdReusePolicy']): void {
  if (policy === WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
    throw alreadyThere('finished', closed);
  const succeeded = closed.status === WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED;
  if (succeeded && policy === WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY) {
    throw alreadyThere('finished successfully', closed);
  }
}

function alreadyThere(reason: AlreadyStartedReason, record: RunRecord): Error {
  const { workflowId, runId, startRequestId } = record;
  return workflowAlreadyStarted(reason, workflowId, { runId, startRequestId });
}

/** A running workflow gets the signal; only a closed one is started anew. */
function useRunning(request: SignalWithStartRequest): SignalWithStartRequest {
  if (request.workflowIdConflictPolicy) return request;
  return {
    ...request,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
  };
}

function signalOf(request: SignalWithStartRequest): temporal.api.history.v1.IWorkflowExecutionSignaledEventAttributes {
  return {
    signalName: request.signalName ?? '',
    input: request.signalInput ?? null,
    identity: request.identity ?? '',
    header: request.header ?? null,
  };
}
