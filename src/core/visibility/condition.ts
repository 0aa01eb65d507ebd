import type { RunRecord } from '../record.ts';
import type { ListFilter, TimeRange } from '../store.ts';

/** A condition on runs, as a visibility query states it. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | Comparison;

/** `attribute operator values`: text for names, milliseconds since the epoch for times, a number for a status. */
export interface Comparison {
  readonly kind: 'compare';
  readonly attribute: Attribute;
  readonly operator: Operator;
  readonly values: readonly (string | number)[];
}

/** What a query may ask about. */
export type Attribute =
  | 'WorkflowId'
  | 'RunId'
  | 'WorkflowType'
  | 'TaskQueue'
  | 'ExecutionStatus'
  | 'StartTime'
  | 'ExecutionTime'
  | 'CloseTime';

/** How a value may be compared; `in` also stands for `=`, and `null` for `IS NULL`. */
export type Operator = 'in' | '<' | '<=' | '>' | '>=' | 'between' | 'startsWith' | 'null';

/** What a value of an attribute is. */
export type ValueType = 'text' | 'time' | 'status';

type Read = (run: RunRecord) => string | number | undefined;

const attributes: Record<Attribute, { readonly type: ValueType; readonly read: Read }> = {
  WorkflowId: { type: 'text', read: (run) => run.workflowId },
  RunId: { type: 'text', read: (run) => run.runId },
  WorkflowType: { type: 'text', read: (run) => run.workflowType },
  TaskQueue: { type: 'text', read: (run) => run.taskQueue },
  ExecutionStatus: { type: 'status', read: (run) => run.status },
  StartTime: { type: 'time', read: (run) => run.startTime },
  ExecutionTime: { type: 'time', read: (run) => run.executionTime },
  CloseTime: { type: 'time', read: (run) => run.closeTime },
};

/** The type of an attribute's values; `undefined` when there is no such attribute. */
export function typeOf(attribute: string): ValueType | undefined {
  return Object.hasOwn(attributes, attribute) ? attributes[attribute as Attribute].type : undefined;
}

/** Whether a run meets a condition. An open run's close time counts as the end of time, as in Temporal's SQL visibility. */
export function meets(run: RunRecord, condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => meets(run, part));
    case 'or':
      return condition.parts.some((part) => meets(run, part));
    case 'not':
      return !meets(run, condition.part);
    default:
      return compare(attributes[condition.attribute].read(run), condition);
  }
}

function compare(value: string | number | undefined, { operator, values }: Comparison): boolean {
  const [first = 0, second = 0] = values;
  if (operator === 'null') return value === undefined;
  const actual = value ?? Infinity;
  switch (operator) {
    case 'in':
      return values.includes(actual);
    case '<':
      return actual < first;
    case '<=':
      return actual <= first;
    case '>':
      return actual > first;
    case '>=':
      return actual >= first;
    case 'between':
      return actual >= first && actual <= second;
    default:
      return typeof actual === 'string' && actual.startsWith(String(first));
  }
}

/**
 * What a store can use of a condition to look at fewer runs: a filter that every matching run passes. The condition itself has still to be
 * checked.
 */
export function prefilter(condition: Condition | undefined): Omit<ListFilter, 'namespace'> {
  const parts = condition === undefined ? [] : condition.kind === 'and' ? condition.parts : [condition];
  let filter: Omit<ListFilter, 'namespace'> = {};
  for (const part of parts) if (part.kind === 'compare') filter = both(filter, fromComparison(part));
  return filter;
}

/** What passes both filters, or at least the first. */
function both(a: Omit<ListFilter, 'namespace'>, b: Omit<ListFilter, 'namespace'>): Omit<ListFilter, 'namespace'> {
  if (a.startTime === undefined || b.startTime === undefined) return { ...b, ...a };
  const from = Math.max(a.startTime.from ?? -Infinity, b.startTime.from ?? -Infinity);
  const to = Math.min(a.startTime.to ?? Infinity, b.startTime.to ?? Infinity);
  return { ...b, ...a, startTime: { ...(from === -Infinity ? {} : { from }), ...(to === Infinity ? {} : { to }) } };
}

const textFilters = {
  WorkflowId: 'workflowId',
  RunId: 'runId',
  WorkflowType: 'workflowType',
  TaskQueue: 'taskQueue',
} as const;

function fromComparison({ attribute, operator, values }: Comparison): Omit<ListFilter, 'namespace'> {
  const [first, second] = values;
  if (attribute === 'ExecutionStatus' && operator === 'in') return { statuses: values.map(Number) };
  if (attribute === 'StartTime') return { startTime: rangeOf(operator, Number(first), Number(second)) };
  if (attribute === 'WorkflowId' && operator === 'startsWith') return { workflowIdPrefix: String(first) };
  const name = Object.hasOwn(textFilters, attribute) ? textFilters[attribute as keyof typeof textFilters] : undefined;
  if (name !== undefined && operator === 'in' && values.length === 1) return { [name]: first };
  return {};
}

function rangeOf(operator: Operator, first: number, second: number): TimeRange {
  switch (operator) {
    case '<':
    case '<=':
      return { to: first };
    case '>':
    case '>=':
      return { from: first };
    case 'between':
      return { from: first, to: second };
    default:
      return operator === 'in' && Number.isNaN(second) ? { from: first, to: first } : {};
  }
}
