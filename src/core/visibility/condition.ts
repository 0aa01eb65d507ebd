import type { RunRecord } from '../record.ts';
import type { AttributeType } from '../search-attributes/types.ts';
import { type AttributeValue, valueOf } from '../search-attributes/value.ts';
import { buildIdsOf } from '../run/reset-points.ts';
import { hasWord } from './words.ts';

/** A condition on runs, as a visibility query states it. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | Comparison;

/** `attribute operator values`: text for names and words, milliseconds since the epoch for times, a number for a status. */
export interface Comparison {
  readonly kind: 'compare';
  readonly attribute: string;
  readonly type: AttributeType;
  readonly operator: Operator;
  readonly values: readonly (string | number)[];
}

/** How a value may be compared; `in` also stands for `=`, and `null` for `IS NULL`. */
export type Operator = 'in' | '<' | '<=' | '>' | '>=' | 'between' | 'startsWith' | 'null';

/** What an open run's close time counts as in comparisons, in milliseconds since the epoch: as in Temporal's SQL visibility. */
const endOfTime: number = Date.UTC(9999, 11, 31, 23, 59, 59);

type Read = (run: RunRecord) => AttributeValue | undefined;

/** What a server knows of closed runs only. */
const ofClosed =
  (read: (run: RunRecord, closeTime: number) => number): Read =>
  (run) =>
    run.closeTime === undefined ? undefined : read(run, run.closeTime);

const own: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['WorkflowId', (run) => run.workflowId],
  ['RunId', (run) => run.runId],
  ['WorkflowType', (run) => run.workflowType],
  ['TaskQueue', (run) => run.taskQueue],
  ['ExecutionStatus', (run) => run.status],
  ['StartTime', (run) => run.startTime],
  ['ExecutionTime', (run) => run.executionTime],
  ['CloseTime', (run) => run.closeTime],
  ['HistoryLength', ofClosed((run) => run.nextEventId - 1)],
  ['HistorySizeBytes', ofClosed((run) => run.historySizeBytes)],
  ['StateTransitionCount', ofClosed((run) => run.stateTransitionCount)],
  ['ExecutionDuration', ofClosed((run, closeTime) => (closeTime - run.executionTime) * 1_000_000)],
  ['ParentWorkflowId', (run) => run.parent?.workflowId],
  ['ParentRunId', (run) => run.parent?.runId],
  ['RootWorkflowId', (run) => run.root.workflowId],
  ['RootRunId', (run) => run.root.runId],
  ['BuildIds', (run) => valueOf(run, 'BuildIds', 'KeywordList') ?? buildIdsOf(run)],
]);

/** Whether a run meets a condition. What cannot be said, as no value is there to be compared, is not met, and neither is its contrary. */
export function meets(run: RunRecord, condition: Condition): boolean {
  return judge(run, condition) === true;
}

function judge(run: RunRecord, condition: Condition): boolean | undefined {
  switch (condition.kind) {
    case 'and':
      return all(run, condition.parts, false);
    case 'or':
      return all(run, condition.parts, true);
    case 'not': {
      const judged = judge(run, condition.part);
      return judged === undefined ? undefined : !judged;
    }
    default: {
      const { attribute, type } = condition;
      return compare((own.get(attribute) ?? ((each) => valueOf(each, attribute, type)))(run), condition);
    }
  }
}

/** `decides` as soon as one part is so; `undefined` when none is, and one cannot be said. */
function all(run: RunRecord, parts: readonly Condition[], decides: boolean): boolean | undefined {
  let result: boolean | undefined = !decides;
  for (const part of parts) {
    const judged = judge(run, part);
    if (judged === decides) return decides;
    if (judged === undefined) result = undefined;
  }
  return result;
}

function compare(
  value: AttributeValue | undefined,
  { attribute, type, operator, values }: Comparison,
): boolean | undefined {
  if (operator === 'null') return value === undefined;
  if (type === 'Text') return typeof value === 'string' && values.some((words) => hasWord(value, String(words)));
  if (type === 'KeywordList') return typeof value === 'object' && value.some((each) => values.includes(each));
  const actual = value ?? (attribute === 'CloseTime' ? endOfTime : undefined);
  if (actual === undefined || typeof actual === 'object') return undefined;
  const [first = 0, second = 0] = values;
  switch (operator) {
    case 'in':
      return values.includes(actual);
    case '<':
      return order(actual, first) < 0;
    case '<=':
      return order(actual, first) <= 0;
    case '>':
      return order(actual, first) > 0;
    case '>=':
      return order(actual, first) >= 0;
    case 'between':
      return order(actual, first) >= 0 && order(actual, second) <= 0;
    default:
      return String(actual).startsWith(String(first));
  }
}

/** As SQLite has it: numbers come before texts. */
function order(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === 'number' ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
