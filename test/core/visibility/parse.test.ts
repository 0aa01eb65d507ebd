import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import { meets } from '../../../src/core/visibility/condition.ts';
import { prefilter } from '../../../src/core/visibility/prefilter.ts';
import { matchesFilter } from '../../../src/core/listing.ts';
import { parseQuery, QueryProblem } from '../../../src/core/visibility/parse.ts';
import { exampleRecord } from '../../../testing/conformance/store/examples.ts';

const run = (overrides: Partial<RunRecord> = {}): RunRecord => exampleRecord('a', overrides);
const matches = (query: string, record: RunRecord): boolean => {
  const { condition } = parseQuery(query);
  return condition === undefined || meets(record, condition);
};

/** The class of what parsing throws. */
function problemOf(query: string): unknown {
  try {
    parseQuery(query);
    return undefined;
  } catch (error) {
    return (error as Error).constructor;
  }
}

describe('visibility queries', () => {
  it.each([
    ['', true],
    [`WorkflowId = 'a'`, true],
    [`WorkflowId != "a"`, false],
    [`WorkflowId IN ('b', 'a')`, true],
    [`WorkflowId NOT IN ('b', 'a')`, false],
    ["`WorkflowType` = 'example' and TaskQueue = 'queue'", true],
    [`WorkflowType STARTS_WITH 'exam'`, true],
    [`ExecutionStatus = 'Running' OR ExecutionStatus = 'TimedOut'`, true],
    [`ExecutionStatus IN ('Completed', 'ContinuedAsNew')`, false],
    [`not (ExecutionStatus = 'Running')`, false],
    [`StartTime BETWEEN '1970-01-01T00:00:00Z' AND '1970-01-01T00:00:02Z'`, true],
    [`StartTime > 1000000000`, false],
    [`StartTime >= 1000000000`, true],
    [`CloseTime IS NULL`, true],
    [`CloseTime IS NOT NULL`, false],
    [`CloseTime > '2020-01-01T00:00:00Z'`, true],
    [`CloseTime < '2999-01-01T00:00:00Z'`, false],
    [`WorkflowId = 'x' OR WorkflowId = 'a' AND RunId = 'a'`, true],
  ])('%s: %s for an open run that started at 1 s', (query, expected) => {
    expect(matches(query, run())).toBe(expected);
  });

  it.each([
    [`WorkflowId =`, 'invalid query: malformed SQL query: syntax error at position 40'],
    [`Nope = 1`, `invalid query: invalid expression: column name 'Nope' is not a valid search attribute`],
    [`ExecutionStatus = 'Nope'`, `invalid query: invalid expression: invalid ExecutionStatus value 'Nope'`],
    [`StartTime > 'yesterday'`, `invalid query: invalid expression: unable to parse datetime 'yesterday'`],
    [`__proto__ = 'a'`, `invalid query: invalid expression: column name '__proto__' is not a valid search attribute`],
  ])('%s is refused', (query, message) => {
    expect(() => parseQuery(query)).toThrow(new QueryProblem(message));
  });

  it('throws nothing but QueryProblem, whatever it is given', () => {
    const word = fc.constantFrom(
      'WorkflowId',
      '=',
      "'a'",
      '(',
      ')',
      'AND',
      'OR',
      'NOT',
      'IN',
      ',',
      'IS',
      'NULL',
      '1',
      'StartTime',
      '<',
      '\\',
      '"',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(word, { maxLength: 12 }).map((words) => words.join(' ')),
        ),
        (query) => {
          expect(problemOf(query)).toBeOneOf([undefined, QueryProblem]);
        },
      ),
    );
  });

  it('gives stores a filter that lets every matching run through', () => {
    const clause = fc.constantFrom(
      `WorkflowId = 'a'`,
      `WorkflowId = 'b'`,
      `WorkflowId STARTS_WITH 'a'`,
      `WorkflowId STARTS_WITH 'b'`,
      `WorkflowType = 'example'`,
      `ExecutionStatus = 'Running'`,
      `StartTime > 999000000`,
      `StartTime < 1001000000`,
      `StartTime = 1000000000`,
      `NOT WorkflowId = 'b'`,
      `(WorkflowId = 'a' OR RunId = 'b')`,
    );
    fc.assert(
      fc.property(fc.array(clause, { minLength: 1, maxLength: 4 }), fc.constantFrom('a', 'b'), (clauses, id) => {
        const { condition } = parseQuery(clauses.join(' AND '));
        const record = exampleRecord(id);
        if (condition !== undefined && !meets(record, condition)) return;
        expect(matchesFilter(record, { ...prefilter(condition).filter, namespace: 'default' })).toBe(true);
      }),
    );
  });
});
