import type { temporal } from '@temporalio/proto';
import type { RunRecord } from '../../core/record.ts';
import { scheduleIdPrefix } from '../../core/schedule/state.ts';
import type { ListPage } from '../../core/store.ts';
import { predefinedAttributes, systemAttributes } from '../../core/search-attributes/types.ts';
import { type Condition, meets } from '../../core/visibility/condition.ts';
import { invalidArgument } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { cursorOf, largestPage, pageLimit, pageToken, readPage } from './list-pages.ts';
import { readQuery } from './read-query.ts';

/** Of the attributes that servers give to workflows, the only one of schedules. */
const pausedName = 'TemporalSchedulePaused';

/** One page of the open schedules that match a query, newest first. @throws ServiceError */
export async function listSchedules(
  context: FrontendContext,
  namespace: string,
  request: temporal.api.workflowservice.v1.IListSchedulesRequest,
): Promise<{ readonly records: readonly RunRecord[]; readonly nextPageToken: Uint8Array }> {
  const condition = await conditionOf(context, namespace, request.query);
  const limit = pageLimit(request.maximumPageSize);
  const records: RunRecord[] = [];
  let next = cursorOf(request.nextPageToken);
  do {
    const page = await pageOf(context, namespace, limit - records.length, next);
    records.push(...page.records.filter((record) => isWanted(record, condition)));
    next = page.next;
  } while (next !== undefined && records.length < limit);
  return { records, nextPageToken: pageToken(next) };
}

/** Number of open schedules that match a query. @throws ServiceError */
export async function countSchedules(
  context: FrontendContext,
  namespace: string,
  query: string | null | undefined,
): Promise<number> {
  const condition = await conditionOf(context, namespace, query);
  let count = 0;
  let next: string | undefined;
  do {
    const page = await pageOf(context, namespace, largestPage, next);
    count += page.records.filter((record) => isWanted(record, condition)).length;
    next = page.next;
  } while (next !== undefined);
  return count;
}

async function pageOf(
  context: FrontendContext,
  namespace: string,
  limit: number,
  cursor: string | undefined,
): Promise<ListPage> {
  // Stores have an index of ids.
  const filter = { namespace, schedules: true, workflowIdPrefix: scheduleIdPrefix, limit };
  return await readPage(context, filter, cursor);
}

function isWanted(record: RunRecord, condition: Condition | undefined): boolean {
  return record.closeTime === undefined && (condition === undefined || meets(record, condition));
}

async function conditionOf(
  context: FrontendContext,
  namespace: string,
  query: string | null | undefined,
): Promise<Condition | undefined> {
  const { condition, groupBy } = await readQuery(context, namespace, query);
  if (groupBy !== undefined) throw invalidArgument("invalid query: operation is not supported: 'group by' clause");
  if (condition !== undefined) refuseOfWorkflows(condition);
  return condition;
}

/** @throws ServiceError INVALID_ARGUMENT for attributes that only workflows have. */
function refuseOfWorkflows(condition: Condition): void {
  if (condition.kind === 'not') return refuseOfWorkflows(condition.part);
  if (condition.kind !== 'compare') return condition.parts.forEach(refuseOfWorkflows);
  const { attribute, values } = condition;
  // What is asked of `ScheduleId`, is asked of the id that a schedule has among workflows.
  const isOfId = attribute === 'WorkflowId' && values.every((value) => String(value).startsWith(scheduleIdPrefix));
  const isOfWorkflows = systemAttributes.has(attribute) || predefinedAttributes.has(attribute);
  if (isOfId || !isOfWorkflows || attribute === pausedName) return;
  throw invalidArgument(`invalid query filter for schedules: cannot filter on "${attribute}"`);
}
