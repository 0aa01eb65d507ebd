import type { temporal } from '@temporalio/proto';
import { invalidArgument, isServiceError, isWorkflowClosing, multiOperation } from '../errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../service.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId } from './context.ts';
import { requireUpdate } from './update-rpcs.ts';

type Request = temporal.api.workflowservice.v1.IExecuteMultiOperationRequest;
type Parts = Pick<WorkflowServiceApi, 'startWorkflowExecution' | 'updateWorkflowExecution'>;

/** Update-with-start: a start whose run, new or already there, gets an update. The only pair of operations that there is. */
export function multiOperationHandlers(
  parts: Parts,
  { updates: { expected } }: Pick<FrontendContext, 'updates'>,
): Handlers<'executeMultiOperation'> {
  const performBoth = async (
    { start, update }: Operations,
    options: CallOptions,
  ): Promise<temporal.api.workflowservice.v1.IExecuteMultiOperationResponse> => {
    const startWorkflow = await parts.startWorkflowExecution(start).catch((error: unknown) => {
      throw isServiceError(error) ? multiOperation([error, 'aborted']) : error;
    });
    const workflowExecution = { workflowId: start.workflowId ?? '', runId: startWorkflow.runId ?? '' };
    const updateWorkflow = await parts
      .updateWorkflowExecution({ ...update, workflowExecution }, options)
      .catch((error: unknown) => {
        throw isServiceError(error) && !isWorkflowClosing(error) ? multiOperation(['ok', error]) : error;
      });
    type Part = temporal.api.workflowservice.v1.ExecuteMultiOperationResponse.IResponse;
    return { responses: [{ startWorkflow } as Part, { updateWorkflow } as Part] };
  };
  return {
    async executeMultiOperation(request, options = {}) {
      const operations = operationsOf(request);
      const { namespace, workflowId } = operations.start;
      const workflow = { namespace: namespace ?? '', workflowId: workflowId ?? '' };
      expected.expect(workflow);
      try {
        for (;;) {
          const done = await performBoth(operations, options).catch(unlessClosing);
          if (done !== undefined) return done;
        }
      } finally {
        expected.over(workflow);
      }
    },
  };
}

/** A run that goes on as a new one takes no update any more: both operations are made again, and find that one. */
function unlessClosing(error: unknown): undefined {
  if (!isWorkflowClosing(error)) throw error;
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
