import type { temporal } from '@temporalio/proto';
import { toLong, toMillis, toNumber } from '../../core/proto.ts';
import type { CallOptions, ResponseOf } from '../../runtime/service.ts';
import { fromText, type ListProgress, openLists, sealLists, toText } from './page-tokens.ts';
import type { Part } from './part.ts';

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo;
type Group = temporal.api.workflowservice.v1.CountWorkflowExecutionsResponse.IAggregationGroup;

/** The RPCs that list runs, and the field with the size of a page. */
export const LISTS = {
  listWorkflowExecutions: 'pageSize',
  scanWorkflowExecutions: 'pageSize',
  listArchivedWorkflowExecutions: 'pageSize',
  listOpenWorkflowExecutions: 'maximumPageSize',
  listClosedWorkflowExecutions: 'maximumPageSize',
} as const;

const DEFAULT_PAGE_SIZE = 1000;

interface ListRequest {
  readonly pageSize?: number | null;
  readonly maximumPageSize?: number | null;
  readonly nextPageToken?: Uint8Array | null;
}

interface ListResponse {
  readonly executions?: readonly ExecutionInfo[] | null;
  readonly nextPageToken?: Uint8Array | null;
}

/** What is left of the page of one engine. */
interface Shelf {
  readonly part: Part;
  readonly runs: readonly ExecutionInfo[];
  /** How many of them are given out. */
  taken: number;
  /** Where the page begins, and where the next one does; base64. */
  readonly token: string;
  readonly next: string;
}

/** One page of the runs of all engines, newest first; the order of each engine is kept. */
export async function listRuns(
  parts: readonly Part[],
  name: keyof typeof LISTS,
  request: ListRequest,
  options?: CallOptions,
): Promise<ListResponse> {
  const size = request[LISTS[name]] || DEFAULT_PAGE_SIZE;
  const progress = openLists(request.nextPageToken);
  const read = async (part: Part, from: ListProgress): Promise<Shelf> => {
    const page = { ...request, [LISTS[name]]: size, nextPageToken: fromText(from.token) };
    return shelfOf(part, from, (await part.pass(name, page, options)) as ListResponse);
  };
  const wanted = parts.filter((part) => progress === undefined || Object.hasOwn(progress, part.name));
  const shelves = await Promise.all(wanted.map((part) => read(part, progress?.[part.name] ?? BEGINNING)));
  const executions: ExecutionInfo[] = [];
  while (executions.length < size) {
    const shelf = newestOf(shelves);
    if (shelf === undefined) break;
    executions.push(shelf.runs[shelf.taken] ?? {});
    shelf.taken += 1;
    // Nobody knows what comes next on this engine, and it might be newer than what the others have.
    if (shelf.taken === shelf.runs.length && shelf.next !== '') break;
  }
  const rest = shelves.map((shelf) => [shelf.part.name, progressOf(shelf)] as const).filter(([, left]) => left);
  return { executions, nextPageToken: sealLists(Object.fromEntries(rest) as Record<string, ListProgress>) };
}

const BEGINNING: ListProgress = { token: '', taken: 0, next: '' };

function shelfOf(part: Part, progress: ListProgress, { executions, nextPageToken }: ListResponse): Shelf {
  const runs = executions ?? [];
  const next = progress.next === '' ? 0 : runs.findIndex((run) => nameOf(run) === progress.next);
  // Where that one is gone from the page, its place has to do.
  const taken = next === -1 ? Math.min(progress.taken, runs.length) : next;
  return { part, runs, taken, token: progress.token, next: nextPageToken?.length ? toText(nextPageToken) : '' };
}

function progressOf({ runs, taken, token, next }: Shelf): ListProgress | undefined {
  if (taken < runs.length) return { token, taken, next: nameOf(runs[taken]) };
  return next === '' ? undefined : { ...BEGINNING, token: next };
}

function newestOf(shelves: readonly Shelf[]): Shelf | undefined {
  let newest: Shelf | undefined;
  for (const shelf of shelves) {
    if (shelf.taken >= shelf.runs.length) continue;
    if (newest === undefined || startOf(shelf) > startOf(newest)) newest = shelf;
  }
  return newest;
}

function startOf({ runs, taken }: Shelf): number {
  return toMillis(runs[taken]?.startTime) ?? 0;
}

function nameOf(run: ExecutionInfo | undefined): string {
  return `${run?.execution?.runId ?? ''}/${run?.execution?.workflowId ?? ''}`;
}

/** How many runs all engines have together; groups of the same values are one. */
export async function countRuns(
  parts: readonly Part[],
  request: temporal.api.workflowservice.v1.ICountWorkflowExecutionsRequest,
  options?: CallOptions,
): Promise<ResponseOf<'countWorkflowExecutions'>> {
  const counts = await Promise.all(parts.map((part) => part.call('countWorkflowExecutions', request, options)));
  const groups = new Map<string, Group>();
  for (const group of counts.flatMap(({ groups: each }) => each ?? [])) {
    const key = (group.groupValues ?? []).map(({ data }) => toText(data ?? new Uint8Array())).join();
    const count = toNumber(groups.get(key)?.count) + toNumber(group.count);
    groups.set(key, { groupValues: group.groupValues ?? [], count: toLong(count) });
  }
  const count = toLong(counts.reduce((sum, each) => sum + toNumber(each.count), 0));
  return { count, groups: [...groups.values()] };
}
