import type { temporal } from '@temporalio/proto';
import { invalidArgument, isServiceError, multiOperation, unimplemented } from '../errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../service.ts';
import type { FrontendContext, Handlers } from './context.ts';

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
        throw isServiceError(error) ? multiOperation(['ok', error]) : error;
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
        return await performBoth(operations, options);
      } finally {
        expected.over(workflow);
      }
    },
  };
}

interface Operations {
  readonly start: temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest;
  readonly update: temporal.api.workflowservice.v1.IUpdateWorkflowExecutionRequest;
}

function operationsOf(request: Request): Operations {
  const [first, second, ...others] = request.operations ?? [];
  const start = first?.startWorkflow;
  const update = second?.updateWorkflow;
  if (!start || !update || others.length > 0)
    throw unimplemented('any multi-operation but a start followed by an update');
  if (start.requestEagerExecution) throw invalidArgument('RequestEagerExecution is not supported.');
  const updated = update.workflowExecution?.workflowId;
  if (updated && updated !== start.workflowId) throw invalidArgument('WorkflowId of the operations differ.');
  return { start, update };
}
