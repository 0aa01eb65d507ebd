import type { temporal } from '@temporalio/proto';
import { WorkflowIdConflictPolicy } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import type { NewRun } from '../../core/run/start.ts';
import {
  aborted,
  invalidArgument,
  isServiceError,
  isWorkflowClosing,
  isWorkflowCompleted,
  multiOperation,
} from '../errors.ts';
import type { ServiceError } from '../errors.ts';
import type { CallOptions, ResponseOf, WorkflowServiceApi } from '../service.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId } from './context.ts';
import { keyOf } from './keys.ts';
import { newRun } from './start-request.ts';
import { requireUpdate } from './update-rpcs.ts';
import { isUpdateAborted } from './updates.ts';

type Request = temporal.api.workflowservice.v1.IExecuteMultiOperationRequest;
type Response = temporal.api.workflowservice.v1.IExecuteMultiOperationResponse;
type StartResponse = Partial<ResponseOf<'startWorkflowExecution'>>;
type UpdateResponse = ResponseOf<'updateWorkflowExecution'>;
type Parts = Pick<WorkflowServiceApi, 'startWorkflowExecution' | 'updateWorkflowExecution'>;

/** How often an update is brought to a run that is there, when that closes before it accepts it: a run may be started then. */
const attempts = 2;

/** Update-with-start: a start whose run, new or already there, gets an update. The only pair of operations that there is. */
export function multiOperationHandlers(parts: Parts, context: FrontendContext): Handlers<'executeMultiOperation'> {
  const { expected } = context.updates;
  const begin = async ({ start, update }: Operations, options: CallOptions): Promise<Response> => {
    const startWorkflow = await parts.startWorkflowExecution(start).catch(refusedStart);
    const workflowExecution = { workflowId: start.workflowId ?? '', runId: startWorkflow.runId ?? '' };
    const updateWorkflow = await parts
      .updateWorkflowExecution({ ...update, workflowExecution }, options)
      .catch((error: unknown) => {
        throw isServiceError(error) ? multiOperation(['ok', error]) : error;
      });
    return answerOf(startWorkflow, updateWorkflow);
  };
  /** @returns `undefined` when the run has closed before it accepted the update. */
  const use = async (
    { update }: Operations,
    record: RunRecord,
    isLast: boolean,
    options: CallOptions,
  ): Promise<Response | undefined> => {
    const { workflowId, runId, status } = record;
    const workflowExecution = { workflowId, runId };
    try {
      const updateWorkflow = await parts.updateWorkflowExecution({ ...update, workflowExecution }, options);
      return answerOf({ runId, started: false, status }, updateWorkflow);
    } catch (error) {
      if (!isServiceError(error)) throw error;
      const hasClosed = isClosing(error);
      if (hasClosed && !isLast) return undefined;
      throw multiOperation(['aborted', hasClosed ? aborted(error.details) : error]);
    }
  };
  return {
    async executeMultiOperation(request, options = {}) {
      const operations = operationsOf(request);
      const start = await newRun(context, operations.start).catch(refusedStart);
      for (let attempt = 1; ; attempt++) {
        const record = await runToUse(context, operations, start);
        const answer = record && (await use(operations, record, attempt === attempts, options));
        if (answer !== undefined) return answer;
        if (record !== undefined) continue;
        expected.expect(start);
        try {
          return await begin(operations, options);
        } finally {
          expected.over(start);
        }
      }
    },
  };
}

function refusedStart(error: unknown): never {
  throw isServiceError(error) ? multiOperation([error, 'aborted']) : error;
}

/**
 * The run that gets the update without a start: one that has completed this very update, or is running and was begun by this very start, or has
 * the update already, or may be used as the policy says.
 */
async function runToUse(
  context: FrontendContext,
  { start, update }: Operations,
  { namespace, workflowId, requestId }: NewRun,
): Promise<RunRecord | undefined> {
  const record = (await context.runs.current({ namespace, workflowId }))?.record;
  if (record === undefined || record.schedule !== undefined) return undefined;
  const updateId = update.request?.meta?.updateId ?? '';
  const known = record.updates.get(updateId);
  if ((known?.completedEventId ?? 0) > 0) return record;
  if (record.closeTime !== undefined) return undefined;
  const isUsed =
    record.startRequestId === requestId ||
    known !== undefined ||
    context.updates.has(keyOf(record), updateId) ||
    start.workflowIdConflictPolicy === WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING;
  return isUsed ? record : undefined;
}

function isClosing(error: ServiceError): boolean {
  return isUpdateAborted(error) || isWorkflowClosing(error) || isWorkflowCompleted(error);
}

function answerOf(startWorkflow: StartResponse, updateWorkflow: UpdateResponse): Response {
  type Part = temporal.api.workflowservice.v1.ExecuteMultiOperationResponse.IResponse;
  return { responses: [{ startWorkflow } as Part, { updateWorkflow } as Part] };
}

interface Operations {
  readonly start: temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
  readonly update: temporal.api.workflowservice.v1.IUpdateWorkflowExecutionRequest;
}

/** Everything that is wrong is said before the run is started. */
function operationsOf(request: Request): Operations {
  const [first, second, ...others] = request.operations ?? [];
  const start = first?.startWorkflow;
  const update = second?.updateWorkflow;
  if (!start || !update || others.length > 0) throw invalidArgument('Operations have to be exactly [Start, Update].');
  refuseStart(start);
  try {
    refuseUpdate(update, start.workflowId ?? '');
  } catch (error) {
    throw isServiceError(error) ? multiOperation(['aborted', error]) : error;
  }
  return { start, update };
}

function refuseStart(start: Operations['start']): void {
  const unsupported =
    (start.cronSchedule && 'CronSchedule is not allowed.') ||
    (start.requestEagerExecution && 'RequestEagerExecution is not supported.') ||
    (start.workflowStartDelay && 'WorkflowStartDelay is not supported.');
  if (unsupported) throw multiOperation([invalidArgument(unsupported), 'aborted']);
}

function refuseUpdate(update: Operations['update'], workflowId: string): void {
  const updated = requireId('WorkflowId', update.workflowExecution?.workflowId);
  if (updated !== workflowId) throw invalidArgument('WorkflowId is not consistent with previous operation(s).');
  if (update.firstExecutionRunId) throw invalidArgument('FirstExecutionRunId is not allowed.');
  requireUpdate(update.request);
}
