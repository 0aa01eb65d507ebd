import { decodeCursor, endOfPrefix } from '../../core/listing.ts';
import { scheduleIdPrefix, scheduleType } from '../../core/schedule/state.ts';
import type { AttributeFilter, ListFilter, TimeRange } from '../../core/store.ts';

/** The part of a query behind `FROM runs`, and the values of its parameters. */
export interface Where {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Behind all ids of schedules. */
const endOfSchedules = endOfPrefix(scheduleIdPrefix) ?? '';

/** Order of a list, as `compareInList` has it. */
export const LIST_ORDER = 'ORDER BY start_time DESC, run_id, workflow_id';

/**
 * The condition for runs that match a filter and come after a cursor.
 * @param isCommon whether so many runs have an attribute that the newest of them are sought, and each is looked up; the others are found by their attributes.
 * @throws RangeError when the cursor is none.
 */
export function whereOf(
  filter: ListFilter,
  cursor?: string,
  isCommon: (attribute: AttributeFilter) => boolean = () => false,
): Where {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...parameters: (string | number)[]): void => {
    conditions.push(condition);
    values.push(...parameters);
  };
  const equals = (column: string, value: string | undefined): void => {
    if (value !== undefined) add(`${column} = ?`, value);
  };
  const within = (column: string, range: TimeRange | undefined): void => {
    if (range?.from !== undefined) add(`${column} >= ?`, range.from);
    if (range?.to !== undefined) add(`${column} <= ?`, range.to);
  };
  equals('namespace', filter.namespace);
  // A type of this name may be a user's, too; only together with such an id it is a schedule.
  const isSchedule = 'workflow_type = ? AND workflow_id >= ? AND workflow_id < ?';
  add(filter.schedules ? isSchedule : `NOT (${isSchedule})`, scheduleType, scheduleIdPrefix, endOfSchedules);
  equals('workflow_id', filter.workflowId);
  if (filter.workflowIdPrefix) {
    const end = endOfPrefix(filter.workflowIdPrefix);
    add('workflow_id >= ?', filter.workflowIdPrefix);
    if (end !== undefined) add('workflow_id < ?', end);
  }
  equals('run_id', filter.runId);
  equals('workflow_type', filter.workflowType);
  equals('task_queue', filter.taskQueue);
  if (filter.statuses !== undefined) add(...isOneOf('status', [...new Set(filter.statuses)]));
  within('start_time', filter.startTime);
  within('close_time', filter.closeTime);
  for (const attribute of filter.attributes ?? []) {
    const { sql, values: own } = attributeWhere(filter.namespace, attribute);
    if (!isCommon(attribute)) add(`id IN (SELECT run FROM attributes WHERE ${sql})`, ...own);
    else add(`EXISTS (SELECT 1 FROM attributes WHERE ${sql} AND run = id)`, ...own);
  }
  if (cursor !== undefined) {
    const { startTime, runId, workflowId } = decodeCursor(cursor);
    // The first part lets the index start at the cursor.
    add(
      'start_time <= ? AND (start_time < ? OR (run_id, workflow_id) > (?, ?))',
      startTime,
      startTime,
      runId,
      workflowId,
    );
  }
  return { sql: `WHERE ${conditions.join(' AND ')}`, values };
}

/** A condition, and the values of its parameters: many values are one parameter, as SQLite takes no more than 32,766 of these. */
function isOneOf(column: string, values: readonly (string | number)[]): [string, ...(string | number)[]] {
  if (values.length > mostParameters) return [`${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values)];
  return [`${column} IN (${values.map(() => '?').join(', ')})`, ...values];
}

const mostParameters = 1000;

/** The condition for rows of `attributes` that an attribute filter wants. */
export function attributeWhere(namespace: string, { name, values, range }: AttributeFilter): Where {
  const conditions = ['namespace = ?', 'name = ?'];
  const parameters: (string | number)[] = [namespace, name];
  if (values !== undefined) {
    const [condition, ...wanted] = isOneOf('value', values);
    conditions.push(condition);
    parameters.push(...wanted);
  }
  if (range !== undefined) {
    // Texts come after all numbers.
    conditions.push('value >= ?', 'value <= ?');
    parameters.push(range.from ?? -Infinity, range.to ?? Infinity);
  }
  return { sql: conditions.join(' AND '), values: parameters };
}
