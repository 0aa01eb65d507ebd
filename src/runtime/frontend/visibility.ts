import { toLong } from '../../core/proto.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { invalidArgument } from '../errors.ts';
import { requireId, requireNamespace } from './context.ts';
import { describeRun, executionInfo } from './descriptions.ts';
import { parseVisibilityQuery } from './visibility-query.ts';

const defaultPageSize = 1000;

/** The RPCs that look at runs from outside. */
export function visibilityHandlers(
  context: FrontendContext,
): Handlers<
  'describeWorkflowExecution' | 'listWorkflowExecutions' | 'scanWorkflowExecutions' | 'countWorkflowExecutions'
> {
  const list: Handlers<'listWorkflowExecutions'>['listWorkflowExecutions'] = async (request) => {
    const namespace = requireNamespace(context, request.namespace);
    const cursor = request.nextPageToken?.length ? new TextDecoder().decode(request.nextPageToken) : undefined;
    const query = {
      ...parseVisibilityQuery(request.query ?? ''),
      namespace,
      limit: request.pageSize || defaultPageSize,
      ...(cursor === undefined ? {} : { cursor }),
    };
    const page = await context.store.list(query).catch((error: unknown) => {
      throw error instanceof RangeError ? invalidArgument('Invalid NextPageToken.') : error;
    });
    return {
      executions: page.records.map(executionInfo),
      nextPageToken: page.next === undefined ? new Uint8Array() : new TextEncoder().encode(page.next),
    };
  };
  return {
    async describeWorkflowExecution(request) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      return describeRun(await context.runs.resolve({ namespace, workflowId }, request.execution?.runId));
    },
    listWorkflowExecutions: list,
    scanWorkflowExecutions: list,
    async countWorkflowExecutions(request) {
      const namespace = requireNamespace(context, request.namespace);
      const filter = { ...parseVisibilityQuery(request.query ?? ''), namespace };
      return { count: toLong(await context.store.count(filter)), groups: [] };
    },
  };
}
