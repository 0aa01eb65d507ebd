import { WorkflowExecutionStatus } from '../../core/proto.ts';
import type { ListFilter, TimeRange } from '../../core/store.ts';
import { invalidArgument, unimplemented } from '../errors.ts';

type Conditions = Omit<ListFilter, 'namespace'>;

/** One condition of a query: `field operator value`. */
interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly string[];
}

const token = /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(<=|>=|!=|=|<|>|\(|\)|,)|([A-Za-z0-9_.:+-]+)|(\S))/gy;

/**
 * The conditions of a visibility query: `field = value`, comparisons and BETWEEN of times, IN, joined by AND. Fields: WorkflowId, RunId, WorkflowType,
 * TaskQueue, ExecutionStatus, StartTime, CloseTime.
 * @throws ServiceError INVALID_ARGUMENT for what cannot be read, UNIMPLEMENTED for what Temporal knows and this engine does not.
 */
export function parseVisibilityQuery(query: string): Conditions {
  let conditions: Conditions = {};
  for (const condition of readConditions(query)) conditions = { ...conditions, ...toFilter(condition, conditions) };
  return conditions;
}

function* readConditions(query: string): Generator<Condition> {
  const words = tokenize(query);
  let at = 0;
  const next = (): string => {
    const word = words[at++];
    if (word === undefined) throw invalidArgument(`invalid query: unexpected end of "${query}"`);
    return word;
  };
  while (at < words.length) {
    const field = unquote(next());
    if (/^(order|group)$/i.test(field)) throw unimplemented(`${field.toUpperCase()} BY in visibility queries`);
    const operator = next().toUpperCase();
    yield { field, operator, values: readValues(operator, next) };
    if (at < words.length) expectAnd(next());
  }
}

function readValues(operator: string, next: () => string): string[] {
  if (operator === 'BETWEEN') {
    const from = unquote(next());
    expectAnd(next());
    return [from, unquote(next())];
  }
  if (operator !== 'IN') return [unquote(next())];
  const values: string[] = [];
  if (next() !== '(') throw invalidArgument('invalid query: IN needs a list in parentheses');
  for (;;) {
    values.push(unquote(next()));
    const separator = next();
    if (separator === ')') return values;
    if (separator !== ',') throw invalidArgument(`invalid query: unexpected "${separator}" in a list`);
  }
}

function expectAnd(word: string): void {
  if (/^and$/i.test(word)) return;
  if (/^(or|order|group|like|not|is)$/i.test(word)) throw unimplemented(`${word.toUpperCase()} in visibility queries`);
  throw invalidArgument(`invalid query: expected AND, got "${word}"`);
}

const stringFields = new Map<string, 'workflowId' | 'runId' | 'workflowType' | 'taskQueue'>([
  ['WorkflowId', 'workflowId'],
  ['RunId', 'runId'],
  ['WorkflowType', 'workflowType'],
  ['TaskQueue', 'taskQueue'],
]);
const timeFields = new Map<string, 'startTime' | 'closeTime'>([
  ['StartTime', 'startTime'],
  ['CloseTime', 'closeTime'],
]);

function toFilter(condition: Condition, before: Conditions): Conditions {
  const { field, operator, values } = condition;
  const stringField = stringFields.get(field);
  if (stringField !== undefined) {
    if (operator !== '=') throw unsupportedOperator(condition);
    return { [stringField]: values[0] };
  }
  const timeField = timeFields.get(field);
  if (timeField !== undefined) return { [timeField]: { ...before[timeField], ...timeRange(condition) } };
  if (field === 'ExecutionStatus') {
    if (operator !== '=' && operator !== 'IN') throw unsupportedOperator(condition);
    return { statuses: values.map(statusOf) };
  }
  throw unimplemented(`search attribute ${field} in visibility queries`);
}

function timeRange(condition: Condition): TimeRange {
  const [first = '', second = ''] = condition.values;
  switch (condition.operator) {
    case '=':
      return { from: timeOf(first), to: timeOf(first) };
    case '>':
      return { from: timeOf(first) + 1 };
    case '>=':
      return { from: timeOf(first) };
    case '<':
      return { to: timeOf(first) - 1 };
    case '<=':
      return { to: timeOf(first) };
    case 'BETWEEN':
      return { from: timeOf(first), to: timeOf(second) };
    default:
      throw unsupportedOperator(condition);
  }
}

function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) / 1_000_000 : Date.parse(text);
  if (Number.isNaN(time)) throw invalidArgument(`invalid query: "${text}" is not a time`);
  return time;
}

function statusOf(name: string): number {
  const key = name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();
  const statuses: Record<string, number | string> = WorkflowExecutionStatus;
  const status = Object.hasOwn(statuses, `WORKFLOW_EXECUTION_STATUS_${key}`)
    ? statuses[`WORKFLOW_EXECUTION_STATUS_${key}`]
    : undefined;
  if (typeof status !== 'number') throw invalidArgument(`invalid query: unknown ExecutionStatus "${name}"`);
  return status;
}

function unsupportedOperator({ field, operator }: Condition): Error {
  return unimplemented(`operator ${operator} for ${field} in visibility queries`);
}

function tokenize(query: string): string[] {
  const words: string[] = [];
  for (const [, quoted, symbol, word, other] of query.trim().matchAll(token)) {
    if (other !== undefined) throw invalidArgument(`invalid query: unexpected "${other}"`);
    words.push((quoted ?? symbol ?? word) as string);
  }
  return words;
}

function unquote(word: string): string {
  const quote = word[0];
  if (quote === '`') return word.slice(1, -1);
  if (quote !== '"' && quote !== "'") return word;
  return word.slice(1, -1).replace(/\\(.)/g, '$1');
}
