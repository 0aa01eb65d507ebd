import { eventTypeName } from '../history/event-type.ts';
import { BLOB_SIZE, BLOB_WARNING, HISTORY_COUNT, HISTORY_SIZE, HISTORY_WARNING } from '../limits.ts';
import type { HistoryEvent, Payloads } from '../proto.ts';
import type { RunRecord } from '../record.ts';
import { payloadsSize } from '../sizes.ts';

/** Something of a run that is near a limit. */
export interface NearLimit {
  /** Which limit. */
  readonly kind: 'value' | 'history size' | 'history count';
  /** How large it is, and what the limit is. */
  readonly text: string;
}

/** What of a change is near a limit, as a server tells in its log. @param addedBytes the size of the events that the change adds. */
export function nearLimits(record: RunRecord, events: readonly HistoryEvent[], addedBytes: number): NearLimit[] {
  const { historySizeBytes, nextEventId } = record;
  const near: NearLimit[] = [];
  // Few changes are as large as one such value, and only these are looked through.
  const value = addedBytes > BLOB_WARNING ? largestValue(events) : undefined;
  if (value !== undefined && value.size > BLOB_WARNING) {
    near.push({ kind: 'value', text: `${value.event} has a value of ${value.size} bytes; the limit is ${BLOB_SIZE}.` });
  }
  if (historySizeBytes > HISTORY_WARNING.bytes) {
    near.push({ kind: 'history size', text: `Its history has ${historySizeBytes} bytes; ${over(HISTORY_SIZE)}.` });
  }
  const count = nextEventId - 1;
  if (count > HISTORY_WARNING.count) {
    near.push({ kind: 'history count', text: `Its history has ${count} events; ${over(HISTORY_COUNT)}.` });
  }
  return near;
}

function over(limit: number): string {
  return `it is terminated with more than ${limit}, unless it continues as new`;
}

function largestValue(events: readonly HistoryEvent[]): { readonly event: string; readonly size: number } | undefined {
  let largest: { readonly event: string; readonly size: number } | undefined;
  for (const event of events) {
    const size = largestIn(event);
    if (largest === undefined || size > largest.size) largest = { event: eventTypeName(event), size };
  }
  return largest;
}

function largestIn(part: unknown): number {
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) return 0;
  if (Array.isArray((part as Payloads).payloads)) return payloadsSize(part);
  return Math.max(0, ...Object.values(part).map(largestIn));
}
