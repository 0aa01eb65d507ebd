import {
  type AttributeType,
  type AttributeTypes,
  predefinedAttributes,
  systemAttributes,
} from '../search-attributes/types.ts';
import { scheduleIdPrefix } from '../schedule/state.ts';
import type { Comparison, Condition, Operator } from './condition.ts';
import { invalid, notSupported } from './problem.ts';
import type { Operand, Syntax } from './syntax.ts';
import { readSyntax, unquote } from './syntax.ts';
import { readValue } from './values.ts';

export { QueryProblem } from './problem.ts';

/** A query that was understood. */
export interface Query {
  /** `undefined`: all runs. */
  readonly condition: Condition | undefined;
  /** For counts: one for each status. */
  readonly groupBy: 'ExecutionStatus' | undefined;
}

/** A search attribute in a query. */
interface Column {
  readonly attribute: string;
  readonly type: AttributeType;
  /** What values begin with, beside what is written. */
  readonly prefix: string;
}

const operators = new Map<string, Operator>([
  ['=', 'in'],
  ['!=', 'in'],
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['>=', '>='],
  ['in', 'in'],
  ['not in', 'in'],
  ['starts_with', 'startsWith'],
  ['not starts_with', 'startsWith'],
]);
const negative = new Set(['!=', 'not in', 'not starts_with']);
const ranged = new Set<AttributeType>(['Datetime', 'Double', 'Int', 'Keyword']);

/** Names of operands in messages of a server, which is written in Go. */
const goTypes: Readonly<Record<Operand['kind'], string>> = {
  name: '*sqlparser.ColName',
  text: '*sqlparser.SQLVal',
  number: '*sqlparser.SQLVal',
  bool: 'sqlparser.BoolVal',
  null: '*sqlparser.NullVal',
  function: '*sqlparser.FuncExpr',
  paren: '*sqlparser.ParenExpr',
  unary: '*sqlparser.UnaryExpr',
  binary: '*sqlparser.BinaryExpr',
  tuple: 'sqlparser.ValTuple',
  other: 'sqlparser.Expr',
};

/**
 * Reads a visibility query: comparisons of search attributes by `=`, `!=`, `<`, `<=`, `>`, `>=`, `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] STARTS_WITH`, `IS [NOT]
 * NULL`, joined by AND, OR, NOT and parentheses; and `GROUP BY ExecutionStatus`.
 * @param declared the attributes of the namespace, beside those that exist everywhere.
 * @throws QueryProblem
 */
export function parseQuery(text: string, declared: AttributeTypes = new Map()): Query {
  const { where, groupBy, hasOrder, hasLimit } = readSyntax(text);
  if (hasOrder) throw notSupported("'order by' clause");
  if (hasLimit) throw notSupported("'limit' clause");
  const condition = where && conditionOf(where, declared);
  if (groupBy.length > 1) throw notSupported("'group by' clause supports only a single field");
  const [group] = groupBy;
  if (group === undefined) return { condition, groupBy: undefined };
  if (columnOf(group, declared).attribute !== 'ExecutionStatus') {
    throw notSupported("'group by' clause is only supported for ExecutionStatus search attribute");
  }
  return { condition, groupBy: 'ExecutionStatus' };
}

function conditionOf(syntax: Syntax, declared: AttributeTypes): Condition {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { kind: syntax.kind, parts: syntax.parts.map((part) => conditionOf(part, declared)) };
    case 'not':
      return { kind: 'not', part: conditionOf(syntax.part, declared) };
    case 'compare':
      return comparisonOf(syntax, declared);
    case 'between':
      return betweenOf(syntax, declared);
    case 'is': {
      const { attribute, type } = columnOf(syntax.left, declared);
      if (!syntax.what.endsWith('null')) throw invalid("'IS' operator can only be used with 'NULL' or 'NOT NULL'");
      return negate({ kind: 'compare', attribute, type, operator: 'null', values: [] }, syntax.what.startsWith('not'));
    }
    default:
      throw bareProblem(syntax.operand);
  }
}

function bareProblem({ kind }: Operand): Error {
  if (kind === 'name') return invalid('incomplete expression');
  return notSupported(kind === 'function' ? 'function expression' : `expression of type ${goTypes[kind]}`);
}

function betweenOf({ left, from, to }: Syntax & { kind: 'between' }, declared: AttributeTypes): Condition {
  const { attribute, type } = columnOf(left, declared);
  if (!ranged.has(type)) {
    throw invalid(`cannot do range condition on search attribute '${attribute}' of type ${type}`);
  }
  const values = [readValue(from, attribute, type), readValue(to, attribute, type)];
  return { kind: 'compare', attribute, type, operator: 'between', values };
}

function comparisonOf(syntax: Syntax & { kind: 'compare' }, declared: AttributeTypes): Condition {
  const { left, operator: sign, right } = syntax;
  const written = `\`${left.text} ${sign} ${right.text}\``;
  const operator = operators.get(sign);
  if (operator === undefined) throw invalid(`invalid operator '${sign}' in ${written}`);
  const { attribute, type, prefix } = columnOf(left, declared);
  const operands = right.kind === 'tuple' ? right.items : [right];
  const values = operands.map((operand) => prefixed(prefix, readOperand(operand, attribute, type)));
  refuseForType(type, sign, written, operands, right);
  if (operator === 'startsWith' && right.kind !== 'text') {
    throw invalid(`right-hand side of '${sign}' must be a literal string (got: ${right.text})`);
  }
  if (right.kind === 'tuple' && !sign.endsWith('in')) throw invalid(`unexpected value type ${goTypes.tuple}`);
  const comparison: Comparison = { kind: 'compare', attribute, type, operator, values };
  return negate(comparison, negative.has(sign));
}

function prefixed(prefix: string, value: string | number): string | number {
  return prefix === '' ? value : `${prefix}${value}`;
}

function refuseForType(
  type: AttributeType,
  sign: string,
  written: string,
  operands: readonly Operand[],
  right: Operand,
): void {
  if (type !== 'KeywordList' && type !== 'Text') return;
  const allowed = type === 'Text' ? ['=', '!='] : ['=', '!=', 'in', 'not in'];
  if (!allowed.includes(sign)) {
    throw invalid(`operator '${sign}' not supported for ${type} type search attribute in ${written}`);
  }
  const wrong = operands.find(({ kind }) => kind !== 'text');
  if (wrong !== undefined) {
    const where = right.kind === 'tuple' ? 'unexpected value type in tuple' : 'unexpected value type';
    throw invalid(`${where} (expected string, got ${wrong.text})`);
  }
  if (type === 'Text' && unquote(right).replaceAll(' ', '') === '') {
    throw invalid(`unexpected value for Text type search attribute (no tokens found in ${right.text})`);
  }
}

function columnOf(operand: Operand, declared: AttributeTypes): Column {
  if (operand.kind !== 'name') throw invalid(`must be a column name but was ${goTypes[operand.kind]}`);
  const name = operand.text;
  const type = systemAttributes.get(name) ?? predefinedAttributes.get(name) ?? declared.get(name);
  if (type !== undefined) return { attribute: name, type, prefix: '' };
  // Servers know it as the end of a workflow id, unless somebody declares it.
  if (name === 'ScheduleId') return { attribute: 'WorkflowId', type: 'Keyword', prefix: scheduleIdPrefix };
  throw invalid(`column name '${name}' is not a valid search attribute`);
}

function readOperand(operand: Operand, attribute: string, type: AttributeType): string | number {
  if (operand.kind === 'function') throw notSupported('nested func');
  if (operand.kind === 'name') {
    throw notSupported(
      `column name on the right side of comparison expression (did you forget to quote '${operand.text}'?)`,
    );
  }
  if (operand.kind !== 'text' && operand.kind !== 'number' && operand.kind !== 'bool') {
    throw invalid(`unexpected value type ${goTypes[operand.kind]}`);
  }
  return readValue(operand, attribute, type);
}

function negate(condition: Condition, negated: boolean): Condition {
  return negated ? { kind: 'not', part: condition } : condition;
}
