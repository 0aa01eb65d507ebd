import type { temporal } from '@temporalio/proto';
import type { RunRecord } from '../../core/record.ts';
import { scheduleIdPrefix } from '../../core/schedule/state.ts';
import { meets } from '../../core/visibility/condition.ts';
import { parseQuery, QueryProblem } from '../../core/visibility/parse.ts';
import { invalidArgument, unimplemented } from '../errors.ts';
import type { FrontendContext } from './context.ts';

const defaultPageSize = 1000;

/** One page of the open schedules that match a query, newest first. @throws ServiceError */
export async function listSchedules(
  context: FrontendContext,
  namespace: string,
  request: temporal.api.workflowservice.v1.IListSchedulesRequest,
): Promise<{ readonly records: readonly RunRecord[]; readonly nextPageToken: Uint8Array }> {
  const condition = readQuery(request.query ?? '');
  const size = request.maximumPageSize ?? 0;
  const limit = size > 0 ? Math.min(size, defaultPageSize) : defaultPageSize;
  // Stores have an index of ids.
  const filter = { namespace, schedules: true, workflowIdPrefix: scheduleIdPrefix };
  const records: RunRecord[] = [];
  let next = request.nextPageToken?.length ? new TextDecoder().decode(request.nextPageToken) : undefined;
  do {
    const rest = limit - records.length;
    const query = { ...filter, limit: rest, ...(next === undefined ? {} : { cursor: next }) };
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

function readQuery(query: string): ReturnType<typeof parseQuery> {
  try {
    return parseQuery(query);
  } catch (error) {
    if (!(error instanceof QueryProblem)) throw error;
    throw error.unsupported ? unimplemented(error.message) : invalidArgument(error.message);
  }
}
