import { WorkflowExecutionStatus } from '../proto.ts';
import type { AttributeType } from '../search-attributes/types.ts';
import { parseDatetime } from '../search-attributes/value.ts';
import { parseDuration } from './duration.ts';
import { invalid, QueryProblem } from './problem.ts';
import { type Operand, unquote } from './syntax.ts';

/** The value of a literal, as it is compared with those of an attribute. @throws QueryProblem when there is no such value. */
export function readValue(operand: Operand, attribute: string, type: AttributeType): string | number {
  if (operand.kind === 'bool') return Number(operand.text === 'true');
  const text = operand.kind === 'text' ? unquote(operand) : operand.text;
  const isText = operand.kind === 'text';
  if (!isText && /^-?0x/i.test(text)) throw new QueryProblem(`invalid expression: unable to parse ${text}`);
  if (type === 'Datetime') return timeOf(text, attribute, isText);
  if (attribute === 'ExecutionStatus') return statusOf(text, isText);
  if (attribute === 'ExecutionDuration' && isText) return durationOf(text);
  if (type === 'Keyword' || type === 'KeywordList' || type === 'Text') return text;
  // A text that is a number is one: so the columns of SQL have it.
  return isText && (text.trim() === '' || Number.isNaN(Number(text))) ? text : Number(text);
}

/** A time as text, or as nanoseconds since the epoch. */
function timeOf(text: string, attribute: string, isText: boolean): number {
  if (!isText && !/^-?\d+$/.test(text)) throw unexpectedFloat(attribute);
  const time = isText ? parseDatetime(text) : Number(text) / 1_000_000;
  if (time === undefined) throw invalid(`unable to parse datetime '${text}'`);
  return time;
}

function statusOf(text: string, isText: boolean): number {
  if (!isText) {
    if (!/^-?\d+$/.test(text)) throw unexpectedFloat('ExecutionStatus');
    return Number(text);
  }
  const key = text.startsWith(statusPrefix)
    ? text
    : `${statusPrefix}${text.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
  const statuses: Record<string, number | string> = WorkflowExecutionStatus;
  const status = /^[A-Z][a-zA-Z]*$/.test(text) || text === key ? statuses[key] : undefined;
  if (typeof status === 'number' && (text === key || nameOfStatus(status) === text)) return status;
  throw invalid(`invalid ExecutionStatus value '${text}'`);
}

const statusPrefix = 'WORKFLOW_EXECUTION_STATUS_';

/** A status as queries and groups name it: `Running`, `TimedOut`. */
export function nameOfStatus(status: number): string {
  const name = WorkflowExecutionStatus[status]?.slice(statusPrefix.length) ?? 'Unspecified';
  return name.toLowerCase().replaceAll(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined) return duration;
  throw new QueryProblem(
    `invalid query: invalid value for search attribute ExecutionDuration: ${text} (invalid duration)`,
  );
}

function unexpectedFloat(attribute: string): QueryProblem {
  return invalid(`unexpected value type float64 for search attribute ${attribute}`);
}
