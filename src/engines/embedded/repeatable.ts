import type { temporal } from '@temporalio/proto';
import type { MethodName } from '../../runtime/service.ts';
import type { RpcMethod } from '../../runtime/rpc-methods.ts';

type MultiOperation = temporal.api.workflowservice.v1.IExecuteMultiOperationRequest;
type Update = temporal.api.workflowservice.v1.IUpdateWorkflowExecutionRequest | null | undefined;

/** Writes that tell a repetition by nothing. */
const NEVER: ReadonlySet<MethodName> = new Set<MethodName>(['registerNamespace']);

/**
 * Whether a call may be made again when nobody knows if it was carried out: reads and polls may; writes when they carry an id by which the
 * server knows them again; answers to tasks, as their token is worth nothing after the first.
 */
export function isRepeatable(method: Pick<RpcMethod, 'name' | 'hasField'>, request: unknown): boolean {
  if (NEVER.has(method.name)) return false;
  if (method.name === 'updateWorkflowExecution') return isUpdateRepeatable(request as Update);
  if (method.name === 'executeMultiOperation') {
    const operations = (request as MultiOperation).operations ?? [];
    return operations.every(({ startWorkflow, updateWorkflow }) =>
      startWorkflow == null ? isUpdateRepeatable(updateWorkflow) : hasText(startWorkflow.requestId),
    );
  }
  return !method.hasField('requestId') || hasText((request as { requestId?: string | null }).requestId);
}

function isUpdateRepeatable(update: Update): boolean {
  return hasText(update?.request?.meta?.updateId);
}

function hasText(text: string | null | undefined): boolean {
  return text !== undefined && text !== null && text !== '';
}
