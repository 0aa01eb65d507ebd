import type { temporal } from '@temporalio/proto';
import type { RunRecord } from '../../core/record.ts';
import { meets } from '../../core/visibility/condition.ts';
import { invalidArgument } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { readQuery } from './read-query.ts';

const defaultPageSize = 1000;

/** One page of the open schedules that match a query, newest first. @throws ServiceError */
export async function listSchedules(
  context: FrontendContext,
  namespace: string,
  request: temporal.api.workflowservice.v1.IListSchedulesRequest,
): Promise<{ readonly records: readonly RunRecord[]; readonly nextPageToken: Uint8Array }> {
  const { condition } = await readQuery(context, namespace, request.query);
  const size = request.maximumPageSize ?? 0;
  const limit = size > 0 ? Math.min(size, defaultPageSize) : defaultPageSize;
  const records: RunRecord[] = [];
  let next = request.nextPageToken?.length ? new TextDecoder().decode(request.nextPageToken) : undefined;
  do {
    const rest = limit - records.length;
    const query = { namespace, schedules: true, limit: rest, ...(next === undefined ? {} : { cursor: next }) };
    const page = await context.store.list(query).catch((error: unknown) => {
      throw error instanceof RangeError ? invalidArgument('Invalid NextPageToken.') : error;
    });
    records.push(
      ...page.records.filter(
        (record) => record.closeTime === undefined && (condition === undefined || meets(record, condition)),
      ),
    );
    next = page.next;
  } while (next !== undefined && records.length < limit);
  return { records, nextPageToken: new TextEncoder().encode(next ?? '') };
}
