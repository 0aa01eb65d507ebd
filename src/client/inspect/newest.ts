import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { listRows } from '../list-rows.ts';

/** A run as lists have it. */
export type Row = WorkflowExecutionInfo;

/** When runs began: from `from` on and before `before`, in milliseconds since the epoch. */
export interface Span {
  readonly from?: number | undefined;
  readonly before?: number | undefined;
}

/** Rows that are read at a time when it is not known how many runs began in a span. */
const MOST_AT_ONCE = 1000;

/**
 * The newest runs that meet a query and began in a span: at least `count` of them when there are as many, newest first, ties by run id.
 *
 * Engines list in orders of their own: a Temporal server lists open runs first, then those that ended last. So some rows are read, which say since when
 * at least `count` runs have begun; and then all that have begun since.
 * @returns the rows, and since when they are complete: `undefined` when there are no others in the span.
 */
export async function newestRuns(
  client: Client,
  query: string,
  span: Span,
  count: number,
): Promise<{ readonly rows: readonly Row[]; readonly from: number | undefined }> {
  let { from } = span;
  let most = count;
  for (;;) {
    const sample = await read(client, query, { ...span, from }, most);
    const rows = sample.rows.toSorted(compareRows);
    if (sample.isAll) return { rows, from: from === span.from ? undefined : from };
    const since = startOf(rows[Math.min(count, rows.length) - 1] as Row);
    // So many began in one millisecond that there is nothing to choose between.
    if (since === from) most = Infinity;
    else most = Math.max(MOST_AT_ONCE, 2 * count);
    from = since;
  }
}

/** Newest first, ties by run id: the same order on every engine. */
function compareRows(a: Row, b: Row): number {
  return startOf(b) - startOf(a) || (a.runId < b.runId ? -1 : a.runId > b.runId ? 1 : 0);
}

/** When a run began, in milliseconds since the epoch. */
export function startOf(row: Row): number {
  return row.startTime.getTime();
}

async function read(
  client: Client,
  query: string,
  { from, before }: Span,
  most: number,
): Promise<{ readonly rows: readonly Row[]; readonly isAll: boolean }> {
  const conditions = [
    ...(before === undefined ? [] : [`StartTime < '${new Date(before).toISOString()}'`]),
    ...(from === undefined ? [] : [`StartTime >= '${new Date(from).toISOString()}'`]),
    ...(query === '' ? [] : [query]),
  ];
  const rows = new Map<string, Row>();
  const pageSize = Math.min(most + 1, MOST_AT_ONCE);
  for await (const row of listRows(client, { query: conditions.join(' AND '), pageSize })) {
    if (rows.size === most && !rows.has(row.runId)) return { rows: [...rows.values()], isAll: false };
    rows.set(row.runId, row);
  }
  return { rows: [...rows.values()], isAll: true };
}
