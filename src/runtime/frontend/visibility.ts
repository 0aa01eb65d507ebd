import { toLong } from '../../core/proto.ts';
import type { FrontendContext, Handlers } from './context.ts';
import type { RunRecord } from '../../core/record.ts';
import type { ListPage } from '../../core/store.ts';
import { meets, prefilter } from '../../core/visibility/condition.ts';
import type { Condition } from '../../core/visibility/condition.ts';
import { parseQuery, QueryProblem } from '../../core/visibility/parse.ts';
import { invalidArgument, unimplemented } from '../errors.ts';
import { requireId, requireNamespace } from './context.ts';
import { describeRun, executionInfo } from './descriptions.ts';

/** Runs that are looked at for one page: a condition that few meet is answered in short pages, and no call takes for ever. */
const mostLooked = 10_000;
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
    const limit = request.pageSize && request.pageSize > 0 ? request.pageSize : defaultPageSize;
    const page = await find(context, namespace, readQuery(request.query), limit, cursor);
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
      return { count: toLong(await count(context, namespace, readQuery(request.query))), groups: [] };
    },
  };
}

/** The condition of a query. @throws ServiceError INVALID_ARGUMENT, or UNIMPLEMENTED for what Temporal knows and this engine does not. */
function readQuery(query: string | null | undefined): Condition | undefined {
  try {
    return parseQuery(query ?? '');
  } catch (error) {
    if (!(error instanceof QueryProblem)) throw error;
    throw error.unsupported ? unimplemented(error.message) : invalidArgument(error.message);
  }
}

/** Up to `limit` runs that meet a condition, from a cursor on; fewer when a lot had to be looked at for them. */
async function find(
  context: FrontendContext,
  namespace: string,
  condition: Condition | undefined,
  limit: number,
  cursor: string | undefined,
): Promise<ListPage> {
  const filter = { ...prefilter(condition), namespace };
  const records: RunRecord[] = [];
  let next = cursor;
  let looked = 0;
  let isShort = false;
  do {
    const rest = limit - records.length;
    const page = await context.store
      .list({ ...filter, limit: rest, ...(next === undefined ? {} : { cursor: next }) })
      .catch((error: unknown) => {
        throw error instanceof RangeError ? invalidArgument('Invalid NextPageToken.') : error;
      });
    records.push(...page.records.filter((record) => condition === undefined || meets(record, condition)));
    next = page.next;
    looked += page.records.length;
    isShort = page.records.length < rest;
  } while (next !== undefined && records.length < limit && looked < mostLooked && !isShort);
  return { records, next };
}

async function count(context: FrontendContext, namespace: string, condition: Condition | undefined): Promise<number> {
  if (condition === undefined) return context.store.count({ namespace });
  let found = 0;
  let cursor: string | undefined;
  do {
    const page = await find(context, namespace, condition, defaultPageSize, cursor);
    found += page.records.length;
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}
