import type { Client } from '@temporalio/client';
import { ConfigurationError } from '../../engine/index.ts';
import { AGENT_MEMO, AGENT_WORKFLOW } from '../../workflow/protocol/index.ts';
import { isUnavailable, toRunError } from '../context.ts';
import { type RunInfo, runInfo, type RunStatus, STATUS_QUERIES } from '../status.ts';
import { isUnknownStatus, quoted } from '../tree.ts';
import { formatCursor, LAST_TIME, type ListPosition, parseCursor } from './cursor.ts';
import { newestRuns, type Row, startOf } from './newest.ts';

/** Which runs are wanted. */
export interface RunsOptions {
  /** One of these. Default: all. */
  readonly status?: RunStatus | readonly RunStatus[];
  /** The agent's name, or the type of an author's own workflow. Default: all. */
  readonly agent?: string;
  /** What ids begin with, such as a tenant's name. Default: anything. */
  readonly idPrefix?: string;
  /** Those that began then or later: a Date or ISO 8601. Default: all. */
  readonly startedAfter?: Date | string;
  /** Those that began before: a Date or ISO 8601. Default: all. */
  readonly startedBefore?: Date | string;
  /** How many at most: 1 to 1000. Default: 100. */
  readonly limit?: number;
  /** Of the page before, to go on after it. Default: begins with the newest. */
  readonly cursor?: string;
}

/** Some of the runs that are wanted. */
export interface RunPage {
  /** Newest first. They may be fewer than the limit, or none, although there are more: it says so if `cursor` is set. */
  readonly runs: readonly RunInfo[];
  /** Leads to the next page; missing when there is none. It stays good whatever is started meanwhile, and for other filters, too. */
  readonly cursor?: string;
}

const MOST = 1000;
/** Rows that are looked at for one page, so that no call takes for ever: what agents' runs are of is not known to every engine. */
const MOST_LOOKED = 10_000;

/** One page of the runs that were started as such, and not by other runs. @throws EngineUnavailableError, ConfigurationError */
export async function listRuns(client: Client, options: RunsOptions): Promise<RunPage> {
  const { agent, idPrefix = '', limit = 100, cursor } = options;
  const statuses = statusesOf(options.status);
  checkLimit(limit, MOST);
  const from = timeOf(options.startedAfter, 'startedAfter');
  const until = timeOf(options.startedBefore, 'startedBefore');
  const begin = cursor === undefined ? undefined : parseCursor(cursor);
  const isWanted = (row: Row): boolean =>
    row.parentExecution === undefined &&
    // What has gone on as new is listed by the run that it goes on with.
    row.status.name !== 'CONTINUED_AS_NEW' &&
    // Databases behind servers may compare names without regard to case.
    row.workflowId.startsWith(idPrefix) &&
    (agent === undefined || agent === (row.memo?.[AGENT_MEMO] ?? row.type));
  const query = (wanted: readonly RunStatus[] | undefined): string => queryOf({ agent, idPrefix }, wanted);
  const before = Math.min(until ?? Infinity, begin?.before ?? Infinity);
  const span = { from, before: before === Infinity ? undefined : before };
  try {
    return await page(client, query(statuses), span, { begin, limit, isWanted });
  } catch (error) {
    if (isUnavailable(error)) throw toRunError('', error);
    if (!statuses?.includes('paused') || !isUnknownStatus(error)) throw error;
    // On a server that cannot pause runs, none is paused.
    const others = statuses.filter((status) => status !== 'paused');
    return others.length === 0 ? { runs: [] } : await page(client, query(others), span, { begin, limit, isWanted });
  }
}

interface PageOptions {
  readonly begin: ListPosition | undefined;
  readonly limit: number;
  readonly isWanted: (row: Row) => boolean;
}

async function page(
  client: Client,
  query: string,
  { from, before }: { readonly from: number | undefined; readonly before: number | undefined },
  { begin, limit, isWanted }: PageOptions,
): Promise<RunPage> {
  const found: Row[] = [];
  let looked = 0;
  let rest: number | undefined = before;
  // One more than is wanted tells whether there is a next page. Where few are wanted, ever more are looked at at a time.
  for (let count = limit + 1; ; count = Math.min(2 * count, MOST + 1)) {
    const { rows, from: since } = await newestRuns(client, query, { from, before: rest }, count);
    found.push(...rows.filter((row) => !isGiven(row, begin) && isWanted(row)));
    looked += rows.length;
    if (found.length > limit) {
      const last = found[limit - 1] as Row;
      const cursor = formatCursor({ before: startOf(last) + 1, runId: last.runId });
      return { runs: found.slice(0, limit).map(runInfo), cursor };
    }
    if (since === undefined) return { runs: found.map(runInfo) };
    if (looked >= MOST_LOOKED) return { runs: found.map(runInfo), cursor: formatCursor({ before: since }) };
    rest = since;
  }
}

function isGiven(row: Row, begin: ListPosition | undefined): boolean {
  if (begin?.runId === undefined) return false;
  return startOf(row) === begin.before - 1 && row.runId <= begin.runId;
}

function queryOf(
  { agent, idPrefix }: { readonly agent: string | undefined; readonly idPrefix: string },
  statuses: readonly RunStatus[] | undefined,
): string {
  const names = statuses?.map((status) => `'${STATUS_QUERIES[status]}'`).join(', ');
  return [
    names === undefined ? "ExecutionStatus != 'ContinuedAsNew'" : `ExecutionStatus IN (${names})`,
    ...(idPrefix === '' ? [] : [`WorkflowId STARTS_WITH ${quoted(idPrefix)}`]),
    ...(agent === undefined ? [] : [`WorkflowType IN ('${AGENT_WORKFLOW}', ${quoted(agent)})`]),
  ].join(' AND ');
}

function statusesOf(status: RunsOptions['status']): readonly RunStatus[] | undefined {
  if (status === undefined) return undefined;
  const statuses = typeof status === 'string' ? [status] : [...new Set(status)];
  const unknown = statuses.find((each) => !Object.hasOwn(STATUS_QUERIES, each));
  if (unknown === undefined && statuses.length > 0) return statuses;
  const problem = unknown === undefined ? 'is empty, so no run would do.' : `'${unknown}' is no status of a run.`;
  throw new ConfigurationError('status', problem, {
    fix: `Give one or several of ${Object.keys(STATUS_QUERIES).join(', ')}.`,
  });
}

/** Refuses what is no number of runs. @throws ConfigurationError */
export function checkLimit(limit: number, most: number): void {
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return;
  throw new ConfigurationError('limit', `${String(limit)} is no number of runs.`, { fix: `Give 1 to ${most}.` });
}

function timeOf(time: Date | string | undefined, path: string): number | undefined {
  if (time === undefined) return undefined;
  const ms = new Date(time).getTime();
  // Beyond what servers can read no run begins.
  if (!Number.isNaN(ms)) return Math.min(Math.max(ms, 0), LAST_TIME);
  throw new ConfigurationError(path, `'${String(time)}' is no time.`, { fix: 'Give a Date or a time in ISO 8601.' });
}
