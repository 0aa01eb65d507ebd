import type { AttributeFilter, ListFilter, TimeRange } from '../store.ts';
import { systemAttributes } from '../search-attributes/types.ts';
import type { Comparison, Condition, Operator } from './condition.ts';

/** Conditions of a store, beside the namespace. */
export type Filter = Omit<ListFilter, 'namespace'>;

/** What a store can be asked of a condition. */
export interface Prefilter {
  /** Every matching run passes it. */
  readonly filter: Filter;
  /** Nothing else passes: the condition need not be checked any more. */
  readonly exact: boolean;
}

/** What a store can use of a condition to look at fewer runs. */
export function prefilter(condition: Condition | undefined): Prefilter {
  const parts = condition === undefined ? [] : condition.kind === 'and' ? condition.parts : [condition];
  let filter: Filter = {};
  let exact = true;
  for (const part of parts) {
    const own = part.kind === 'compare' ? fromComparison(part) : undefined;
    const narrower = own && joined(filter, own.filter);
    if (narrower === undefined) exact = false;
    else filter = narrower;
    if (own?.exact === false) exact = false;
  }
  return { filter, exact };
}

/** What passes both filters; `undefined` when no filter says that. */
function joined(a: Filter, b: Filter): Filter | undefined {
  const twice = Object.keys(b).filter((name) => Object.hasOwn(a, name));
  if (twice.some((name) => !joinable.has(name))) return undefined;
  const attributes = [...(a.attributes ?? []), ...(b.attributes ?? [])];
  return {
    ...a,
    ...b,
    ...overlap('startTime', a, b),
    ...overlap('closeTime', a, b),
    ...(attributes.length > 0 ? { attributes } : {}),
  };
}

/** What filters can ask for twice. */
const joinable: ReadonlySet<string> = new Set<keyof Filter>(['startTime', 'closeTime', 'attributes']);

function overlap(name: 'startTime' | 'closeTime', a: Filter, b: Filter): Filter {
  const first = a[name];
  const second = b[name];
  if (first === undefined || second === undefined) return {};
  const from = Math.max(first.from ?? -Infinity, second.from ?? -Infinity);
  const to = Math.min(first.to ?? Infinity, second.to ?? Infinity);
  return { [name]: { ...(from === -Infinity ? {} : { from }), ...(to === Infinity ? {} : { to }) } };
}

const texts = {
  WorkflowId: 'workflowId',
  RunId: 'runId',
  WorkflowType: 'workflowType',
  TaskQueue: 'taskQueue',
} as const;

function fromComparison(comparison: Comparison): Prefilter | undefined {
  const { attribute, operator, values } = comparison;
  const [first, second] = values;
  if (attribute === 'ExecutionStatus' && operator === 'in') {
    return { filter: { statuses: values.map(Number) }, exact: values.every((value) => typeof value === 'number') };
  }
  if (attribute === 'StartTime') return ofRange(rangeOf(operator, values), (startTime) => ({ startTime }));
  if (attribute === 'WorkflowId' && operator === 'startsWith') {
    return { filter: { workflowIdPrefix: String(first) }, exact: true };
  }
  const name = Object.hasOwn(texts, attribute) ? texts[attribute as keyof typeof texts] : undefined;
  if (name !== undefined && operator === 'in' && second === undefined) {
    return { filter: { [name]: String(first) }, exact: true };
  }
  if (systemAttributes.has(attribute) || attribute === 'BuildIds') return undefined;
  return fromAttribute(comparison);
}

function fromAttribute({ attribute: name, type, operator, values }: Comparison): Prefilter | undefined {
  if (type === 'Text' || operator === 'null' || operator === 'startsWith') return undefined;
  const filterOf = (attribute: AttributeFilter): Filter => ({ attributes: [attribute] });
  if (operator === 'in') return { filter: filterOf({ name, values }), exact: true };
  if (type === 'Keyword' || type === 'KeywordList') return undefined;
  return ofRange(rangeOf(operator, values), (range) => filterOf({ name, range }));
}

interface Bounds {
  readonly range: TimeRange;
  readonly exact: boolean;
}

function ofRange(bounds: Bounds | undefined, filterOf: (range: TimeRange) => Filter): Prefilter | undefined {
  return bounds && { filter: filterOf(bounds.range), exact: bounds.exact };
}

/** Bounds of a filter are inclusive; where those of the condition are not, it has still to be checked. */
function rangeOf(operator: Operator, values: readonly (string | number)[]): Bounds | undefined {
  const [first, second = first] = values;
  if (typeof first !== 'number' || typeof second !== 'number') return undefined;
  switch (operator) {
    case '<':
    case '<=':
      return { range: { to: first }, exact: operator === '<=' };
    case '>':
    case '>=':
      return { range: { from: first }, exact: operator === '>=' };
    case 'between':
      return { range: { from: first, to: second }, exact: true };
    default:
      return operator === 'in' && values.length === 1 ? { range: { from: first, to: first }, exact: true } : undefined;
  }
}
