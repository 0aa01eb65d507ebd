import type { RunRecord } from './record.ts';
import { indexedValues } from './search-attributes/value.ts';
import type { AttributeFilter, ListFilter, TimeRange } from './store.ts';

/** Where a run stands in a list: newest start first, ties by run id, then by workflow id. */
export type ListPosition = Pick<RunRecord, 'startTime' | 'runId' | 'workflowId'>;

/** Order of a list: negative when `a` comes before `b`, 0 for the same run. */
export function compareInList(a: ListPosition, b: ListPosition): number {
  return b.startTime - a.startTime || compareStrings(a.runId, b.runId) || compareStrings(a.workflowId, b.workflowId);
}

/** Whether a run meets all conditions of a filter, its namespace included. */
export function matchesFilter(record: RunRecord, filter: ListFilter): boolean {
  return (
    record.namespace === filter.namespace &&
    (record.schedule !== undefined) === (filter.schedules ?? false) &&
    (filter.workflowId === undefined || record.workflowId === filter.workflowId) &&
    record.workflowId.startsWith(filter.workflowIdPrefix ?? '') &&
    (filter.runId === undefined || record.runId === filter.runId) &&
    (filter.workflowType === undefined || record.workflowType === filter.workflowType) &&
    (filter.taskQueue === undefined || record.taskQueue === filter.taskQueue) &&
    (filter.statuses === undefined || filter.statuses.includes(record.status)) &&
    within(record.startTime, filter.startTime) &&
    within(record.closeTime, filter.closeTime) &&
    (filter.attributes === undefined || hasAttributes(record, filter.attributes))
  );
}

function hasAttributes({ searchAttributes }: RunRecord, filters: readonly AttributeFilter[]): boolean {
  const values = indexedValues(searchAttributes);
  return filters.every(({ name, values: wanted, range }) =>
    (values.get(name) ?? []).some(
      (value) =>
        (wanted === undefined || wanted.includes(value)) &&
        (range === undefined || (typeof value === 'number' && within(value, range))),
    ),
  );
}

/**
 * The first text that is greater than all that begin with a prefix, where texts are ordered by their code points, as UTF-8 orders them: for stores with an
 * index of workflow ids. `undefined`: there is none.
 */
export function endOfPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    if (last === 0x10_ff_ff) continue;
    // Between the two are surrogates, which are no characters.
    return String.fromCodePoint(...points, last === 0xd7_ff ? 0xe0_00 : last + 1);
  }
  return undefined;
}

/** Whether somebody still has to take care of a run: it is open, or closed with effects not done yet. */
export function isUnfinished(record: RunRecord): boolean {
  return record.closeTime === undefined || record.effects.length > 0;
}

/** The cursor that continues a list after the run at this position. */
export function encodeCursor(position: ListPosition): string {
  return JSON.stringify([position.startTime, position.runId, position.workflowId]);
}

/**
 * The position that a cursor stands for.
 * @throws RangeError when the text is no cursor of a list.
 */
export function decodeCursor(cursor: string): ListPosition {
  const [startTime, runId, workflowId] = parseArray(cursor);
  if (typeof startTime !== 'number' || typeof runId !== 'string' || typeof workflowId !== 'string') {
    throw new RangeError('This is not a cursor that a list has given out.');
  }
  return { startTime, runId, workflowId };
}

function parseArray(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function within(time: number | undefined, range: TimeRange | undefined): boolean {
  if (range === undefined || (range.from === undefined && range.to === undefined)) return true;
  return time !== undefined && time >= (range.from ?? -Infinity) && time <= (range.to ?? Infinity);
}

function compareStrings(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
