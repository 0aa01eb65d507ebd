import type { temporal } from '@temporalio/proto';
import { toLong, toMillis, WorkflowExecutionStatus } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import type { ListFilter, ListPage } from '../../core/store.ts';
import { systemAttributes } from '../../core/search-attributes/types.ts';
import { meets } from '../../core/visibility/condition.ts';
import type { Comparison, Condition } from '../../core/visibility/condition.ts';
import { prefilter } from '../../core/visibility/prefilter.ts';
import { invalidArgument } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId, requireNamespace } from './context.ts';
import { describeRun, executionInfo } from './descriptions.ts';
import { groupOf } from './groups.ts';
import { cursorOf, largestPage, pageLimit, pageToken, readPage } from './list-pages.ts';
import { readQuery } from './read-query.ts';

type ListRequest = Pick<
  temporal.api.workflowservice.v1.IListWorkflowExecutionsRequest,
  'namespace' | 'nextPageToken' | 'pageSize'
>;
type List = Pick<temporal.api.workflowservice.v1.ListWorkflowExecutionsResponse, 'executions' | 'nextPageToken'>;
type OpenRequest = temporal.api.workflowservice.v1.IListOpenWorkflowExecutionsRequest;
/** What both kinds of lists filter by. */
type Filters = Pick<OpenRequest, 'startTimeFilter' | 'executionFilter' | 'typeFilter'>;
type ClosedRequest = temporal.api.workflowservice.v1.IListClosedWorkflowExecutionsRequest;

/** Runs that are looked at for one page: a condition that few meet is answered in short pages, and no call takes for ever. */
const mostLooked = 10_000;

/** The RPCs that look at runs from outside. */
export function visibilityHandlers(
  context: FrontendContext,
): Handlers<
  | 'describeWorkflowExecution'
  | 'listWorkflowExecutions'
  | 'scanWorkflowExecutions'
  | 'countWorkflowExecutions'
  | 'listOpenWorkflowExecutions'
  | 'listClosedWorkflowExecutions'
  | 'listArchivedWorkflowExecutions'
> {
  const list: Handlers<'listWorkflowExecutions'>['listWorkflowExecutions'] = async (request) => {
    const namespace = requireNamespace(context, request.namespace);
    const { condition, groupBy } = await readQuery(context, namespace, request.query);
    if (groupBy !== undefined) throw invalidArgument("invalid query: operation is not supported: 'group by' clause");
    return await pageOf(context, request, condition);
  };
  return {
    async describeWorkflowExecution(request) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      return describeRun(await context.runs.resolve({ namespace, workflowId }, request.execution?.runId));
    },
    listWorkflowExecutions: list,
    scanWorkflowExecutions: list,
    async listOpenWorkflowExecutions(request) {
      requireNamespace(context, request.namespace);
      return await pageOf(context, { ...request, pageSize: request.maximumPageSize ?? 0 }, conditionOfOpen(request));
    },
    async listClosedWorkflowExecutions(request) {
      requireNamespace(context, request.namespace);
      return await pageOf(context, { ...request, pageSize: request.maximumPageSize ?? 0 }, conditionOfClosed(request));
    },
    listArchivedWorkflowExecutions() {
      return Promise.reject(invalidArgument('Cluster is not configured for visibility archival.'));
    },
    async countWorkflowExecutions(request) {
      const namespace = requireNamespace(context, request.namespace);
      const { condition, groupBy } = await readQuery(context, namespace, request.query);
      if (groupBy === undefined) return { count: toLong(await count(context, namespace, condition)), groups: [] };
      const counts = await countByStatus(context, namespace, condition);
      const all = counts.reduce((sum, [, each]) => sum + each, 0);
      return { count: toLong(all), groups: counts.map(([status, each]) => groupOf(status, each)) };
    },
  };
}

const { WORKFLOW_EXECUTION_STATUS_RUNNING: running } = WorkflowExecutionStatus;

function comparison(attribute: string, operator: Comparison['operator'], ...values: (string | number)[]): Comparison {
  return { kind: 'compare', attribute, type: systemAttributes.get(attribute) ?? 'Keyword', operator, values };
}

function conditionOfOpen(request: OpenRequest): Condition {
  return allOf([comparison('ExecutionStatus', 'in', running), ...timesOf('StartTime', request), ...filtersOf(request)]);
}

function conditionOfClosed(request: ClosedRequest): Condition {
  const status = request.statusFilter?.status;
  if (request.statusFilter && (!status || status === running)) {
    throw invalidArgument('StatusFilter must be specified and must be not Running.');
  }
  const parts = [...timesOf('CloseTime', request), ...filtersOf(request)];
  if (status) return allOf([comparison('ExecutionStatus', 'in', status), ...parts]);
  return allOf([{ kind: 'not', part: comparison('ExecutionStatus', 'in', running) }, ...parts]);
}

function allOf(parts: readonly Condition[]): Condition {
  return { kind: 'and', parts };
}

function timesOf(attribute: 'StartTime' | 'CloseTime', { startTimeFilter: filter }: Filters): Condition[] {
  const from = toMillis(filter?.earliestTime) || undefined;
  const to = toMillis(filter?.latestTime) || undefined;
  if (from !== undefined && to !== undefined && from > to) {
    throw invalidArgument('EarliestTime in StartTimeFilter should not be larger than LatestTime.');
  }
  return [
    ...(from === undefined ? [] : [comparison(attribute, '>=', from)]),
    ...(to === undefined ? [] : [comparison(attribute, '<=', to)]),
  ];
}

function filtersOf({ executionFilter, typeFilter }: Filters): Condition[] {
  if (executionFilter) {
    const { workflowId, runId } = executionFilter;
    return [comparison('WorkflowId', 'in', workflowId ?? ''), ...(runId ? [comparison('RunId', 'in', runId)] : [])];
  }
  return typeFilter ? [comparison('WorkflowType', 'in', typeFilter.name ?? '')] : [];
}

async function pageOf(
  context: FrontendContext,
  { namespace, nextPageToken, pageSize }: ListRequest,
  condition: Condition | undefined,
): Promise<List> {
  const page = await find(context, namespace ?? '', condition, pageLimit(pageSize), cursorOf(nextPageToken));
  return { executions: page.records.map(executionInfo), nextPageToken: pageToken(page.next) };
}

/** Up to `limit` runs that meet a condition, from a cursor on; fewer when a lot had to be looked at for them. */
async function find(
  context: FrontendContext,
  namespace: string,
  condition: Condition | undefined,
  limit: number,
  cursor: string | undefined,
): Promise<ListPage> {
  const { filter, exact } = prefilter(condition);
  const records: RunRecord[] = [];
  let next = cursor;
  let looked = 0;
  let isShort = false;
  do {
    const rest = limit - records.length;
    const page = await readPage(context, { ...filter, namespace, limit: rest }, next);
    const found =
      exact || condition === undefined ? page.records : page.records.filter((record) => meets(record, condition));
    records.push(...found);
    next = page.next;
    looked += page.records.length;
    isShort = page.records.length < rest;
  } while (next !== undefined && records.length < limit && looked < mostLooked && !isShort);
  return { records, next };
}

async function count(context: FrontendContext, namespace: string, condition: Condition | undefined): Promise<number> {
  const { filter, exact } = prefilter(condition);
  if (exact) return await context.store.count({ ...filter, namespace });
  let found = 0;
  for await (const page of pages(context, namespace, condition)) found += page.length;
  return found;
}

/** How many runs meet a condition in each status that some are in. */
async function countByStatus(
  context: FrontendContext,
  namespace: string,
  condition: Condition | undefined,
): Promise<(readonly [number, number])[]> {
  const { filter, exact } = prefilter(condition);
  const counts = new Map<number, number>();
  if (exact) {
    const statuses = Object.values(WorkflowExecutionStatus).filter((status): status is number => Number(status) > 0);
    const wanted: ListFilter = { ...filter, namespace };
    for (const status of statuses.filter((each) => wanted.statuses?.includes(each) ?? true)) {
      counts.set(status, await context.store.count({ ...wanted, statuses: [status] }));
    }
  } else {
    for await (const page of pages(context, namespace, condition)) {
      for (const { status } of page) counts.set(status, (counts.get(status) ?? 0) + 1);
    }
  }
  return [...counts].filter(([, each]) => each > 0).toSorted(([a], [b]) => a - b);
}

async function* pages(
  context: FrontendContext,
  namespace: string,
  condition: Condition | undefined,
): AsyncGenerator<readonly RunRecord[]> {
  let cursor: string | undefined;
  do {
    const page = await find(context, namespace, condition, largestPage, cursor);
    yield page.records;
    cursor = page.next;
  } while (cursor !== undefined);
}
