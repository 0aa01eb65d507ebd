import { WorkflowExecutionStatus } from '../proto.ts';
import type { Attribute, Comparison, Condition, Operator } from './condition.ts';
import { typeOf } from './condition.ts';
import { tokenize } from './tokens.ts';
import type { Token } from './tokens.ts';

/** A visibility query that cannot be answered: it makes no sense, or (`unsupported`) it asks for what is not there yet. */
export class QueryProblem extends Error {
  override readonly name = 'QueryProblem';
  readonly unsupported: boolean;

  constructor(message: string, unsupported = false) {
    super(message);
    this.unsupported = unsupported;
  }
}

/** The text that a server puts in front of a query before it parses it; positions in its messages count from there. */
const offsetOfQuery = 'select * from dummy where ('.length + 1;

/**
 * Reads a visibility query: comparisons of WorkflowId, RunId, WorkflowType, TaskQueue, ExecutionStatus, StartTime, ExecutionTime and CloseTime by
 * `=`, `!=`, `<`, `<=`, `>`, `>=`, `IN`, `NOT IN`, `BETWEEN`, `STARTS_WITH`, `IS [NOT] NULL`, joined by AND, OR, NOT and parentheses.
 * @returns `undefined` for an empty query. @throws QueryProblem
 */
export function parseQuery(query: string): Condition | undefined {
  const parser = new Parser(query);
  return parser.isAtEnd() ? undefined : parser.query();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #at = 0;

  constructor(query: string) {
    this.#tokens = tokenize(query);
    this.#end = query.length;
  }

  isAtEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  query(): Condition {
    const condition = this.#or();
    const rest = this.#peek();
    if (rest !== undefined && /^(order|group)$/i.test(rest.text)) {
      throw new QueryProblem(`${rest.text.toUpperCase()} BY in visibility queries`, true);
    }
    if (rest !== undefined) throw this.#syntaxError();
    return condition;
  }

  #or(): Condition {
    const parts = [this.#and()];
    while (this.#takeWord('or')) parts.push(this.#and());
    return join('or', parts);
  }

  #and(): Condition {
    const parts = [this.#not()];
    while (this.#takeWord('and')) parts.push(this.#not());
    return join('and', parts);
  }

  #not(): Condition {
    if (this.#takeWord('not')) return { kind: 'not', part: this.#not() };
    if (!this.#takeSymbol('(')) return this.#comparison();
    const inner = this.#or();
    this.#need(')');
    return inner;
  }

  #comparison(): Condition {
    const name = this.#next('word').text;
    const type = typeOf(name);
    if (type === undefined) {
      throw new QueryProblem(
        `invalid query: invalid expression: column name '${name}' is not a valid search attribute`,
      );
    }
    const attribute = name as Attribute;
    const compare = (operator: Operator, values: Comparison['values']): Comparison => ({
      kind: 'compare',
      attribute,
      operator,
      values,
    });
    if (this.#takeWord('is')) {
      const negated = this.#takeWord('not');
      this.#need('null');
      return negate(compare('null', []), negated);
    }
    const negated = this.#takeWord('not');
    if (this.#takeWord('in')) return negate(compare('in', this.#list(attribute)), negated);
    if (this.#takeWord('starts_with')) return negate(compare('startsWith', [this.#value(attribute)]), negated);
    if (this.#takeWord('between')) {
      const from = this.#value(attribute);
      this.#need('and');
      return negate(compare('between', [from, this.#value(attribute)]), negated);
    }
    if (negated) throw this.#syntaxError();
    const symbol = this.#next('symbol').text;
    const values = [this.#value(attribute)];
    if (symbol === '=' || symbol === '!=') return negate(compare('in', values), symbol === '!=');
    if (symbol === '<' || symbol === '<=' || symbol === '>' || symbol === '>=') return compare(symbol, values);
    throw this.#syntaxError();
  }

  #list(attribute: Attribute): Comparison['values'] {
    this.#need('(');
    const values = [this.#value(attribute)];
    while (this.#takeSymbol(',')) values.push(this.#value(attribute));
    this.#need(')');
    return values;
  }

  #value(attribute: Attribute): string | number {
    const token = this.#tokens[this.#at++];
    if (token === undefined || token.kind === 'symbol') throw this.#syntaxError();
    if (typeOf(attribute) === 'time') return timeOf(token.text);
    return typeOf(attribute) === 'status' ? statusOf(token.text) : token.text;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #next(kind: Token['kind']): Token {
    const token = this.#tokens[this.#at];
    if (token?.kind !== kind) throw this.#syntaxError();
    this.#at++;
    return token;
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    const found = token?.kind === 'word' && token.text.toLowerCase() === word;
    if (found) this.#at++;
    return found;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    const found = token?.kind === 'symbol' && token.text === symbol;
    if (found) this.#at++;
    return found;
  }

  #need(text: string): void {
    if (!this.#takeSymbol(text) && !this.#takeWord(text)) throw this.#syntaxError();
  }

  #syntaxError(): QueryProblem {
    const position = offsetOfQuery + (this.#peek()?.position ?? this.#end);
    return new QueryProblem(`invalid query: malformed SQL query: syntax error at position ${position}`);
  }
}

function join(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}

function negate(condition: Condition, negated: boolean): Condition {
  return negated ? { kind: 'not', part: condition } : condition;
}

/** A time as text, or as nanoseconds since the epoch. */
function timeOf(text: string): number {
  const time = /^\d+$/.test(text) ? Number(text) / 1_000_000 : Date.parse(text);
  if (Number.isNaN(time))
    throw new QueryProblem(`invalid query: invalid expression: unable to parse datetime '${text}'`);
  return time;
}

function statusOf(name: string): number {
  const key = `WORKFLOW_EXECUTION_STATUS_${name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()}`;
  const statuses: Record<string, number | string> = WorkflowExecutionStatus;
  const status = Object.hasOwn(statuses, key) ? statuses[key] : undefined;
  if (typeof status === 'number') return status;
  throw new QueryProblem(`invalid query: invalid expression: invalid ExecutionStatus value '${name}'`);
}
