import type { HistoryEvent } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { isClosingEvent } from '../../core/run/draft.ts';
import { invalidArgument } from '../errors.ts';
import { shownToFollowers } from './closing-event.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { longPollMs, requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';

/** Events of one page when the caller names no size. */
const defaultPageSize = 1000;

function pageSize({ maximumPageSize }: { readonly maximumPageSize?: number | null }): number {
  return maximumPageSize && maximumPageSize > 0 ? maximumPageSize : defaultPageSize;
}

interface HistoryCursor {
  readonly runId: string;
  readonly next: number;
}

/** The RPCs that read history. */
export function historyHandlers(
  context: FrontendContext,
): Handlers<'getWorkflowExecutionHistory' | 'getWorkflowExecutionHistoryReverse'> {
  return {
    async getWorkflowExecutionHistory(request, options = {}) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      const cursor = decodeCursor(request.nextPageToken);
      const runId = cursor?.runId ?? request.execution?.runId;
      const record = await context.runs.resolve({ namespace, workflowId }, runId);
      const closeOnly = request.historyEventFilterType === closeEventFilter;
      const from = cursor?.next ?? 1;
      const wait = request.waitNewEvent || closeOnly ? context.waits.begin(longPollMs, options.signal) : undefined;
      try {
        return await readPage(context, record, {
          closeOnly,
          from,
          limit: pageSize(request),
          wait,
        });
      } finally {
        wait?.done();
      }
    },
    async getWorkflowExecutionHistoryReverse(request) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      const cursor = decodeCursor(request.nextPageToken);
      const record = await context.runs.resolve({ namespace, workflowId }, cursor?.runId ?? request.execution?.runId);
      const end = cursor?.next ?? record.nextEventId;
      const from = Math.max(1, end - pageSize(request));
      const events = (await context.store.readHistory(keyOf(record), from, end)).toReversed();
      return {
        history: { events },
        nextPageToken: from > 1 ? encodeCursor({ runId: record.runId, next: from }) : new Uint8Array(),
      };
    },
  };
}

const closeEventFilter = 2;

interface PageRequest {
  readonly closeOnly: boolean;
  readonly from: number;
  readonly limit: number;
  readonly wait: { readonly signal: AbortSignal } | undefined;
}

interface Page {
  readonly history: { events: HistoryEvent[] };
  readonly nextPageToken: Uint8Array;
}

async function readPage(context: FrontendContext, record: RunRecord, page: PageRequest): Promise<Page> {
  const key = keyOf(record);
  let current = record;
  const isReady = ({ closeTime, nextEventId }: RunRecord): boolean =>
    closeTime !== undefined || (!page.closeOnly && nextEventId > page.from);
  while (page.wait !== undefined && !page.wait.signal.aborted) {
    // Listening begins before looking, so that nothing falls between the two.
    const change = context.histories.untilReady(key, isReady, page.wait.signal);
    current = (await context.runs.load(key)) ?? current;
    if (isReady(current)) break;
    await change;
  }
  const end = current.nextEventId;
  const closed = current.closeTime !== undefined;
  if (page.closeOnly) {
    const last = page.wait !== undefined && !closed ? [] : await context.store.readHistory(key, end - 1, end);
    const done = page.wait === undefined || last.some(isClosingEvent);
    return {
      history: { events: last.map(shownToFollowers) },
      nextPageToken: tokenFor(done ? undefined : { runId: key.runId, next: end }),
    };
  }
  const to = Math.min(end, page.from + page.limit);
  const events = [...(await context.store.readHistory(key, page.from, to))];
  const done = to >= end && (page.wait === undefined || closed);
  return {
    history: { events },
    nextPageToken: tokenFor(done ? undefined : { runId: key.runId, next: Math.max(to, page.from) }),
  };
}

function tokenFor(cursor: HistoryCursor | undefined): Uint8Array {
  return cursor === undefined ? new Uint8Array() : encodeCursor(cursor);
}

function encodeCursor({ runId, next }: HistoryCursor): Uint8Array {
  return new TextEncoder().encode(JSON.stringify([runId, next]));
}

function isEventId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function decodeCursor(token: Uint8Array | null | undefined): HistoryCursor | undefined {
  if (!token?.length) return undefined;
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(token));
    if (Array.isArray(parsed) && typeof parsed[0] === 'string' && isEventId(parsed[1])) {
      return { runId: parsed[0], next: parsed[1] };
    }
  } catch {
    // Falls through: not ours.
  }
  throw invalidArgument('Invalid NextPageToken.');
}
