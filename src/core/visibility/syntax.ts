import { malformed } from './problem.ts';
import type { QueryProblem } from './problem.ts';
import { tokenize } from './tokens.ts';
import type { Token } from './tokens.ts';

/** Something that is compared, as it is written. */
export type Operand =
  | { readonly kind: 'name' | 'text' | 'number' | 'bool' | 'function' | 'other'; readonly text: string }
  | { readonly kind: 'null' | 'paren' | 'unary' | 'binary'; readonly text: string }
  | { readonly kind: 'tuple'; readonly text: string; readonly items: readonly Operand[] };

/** A condition, as it is written. */
export type Syntax =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Syntax[] }
  | { readonly kind: 'not'; readonly part: Syntax }
  | { readonly kind: 'compare'; readonly left: Operand; readonly operator: string; readonly right: Operand }
  | { readonly kind: 'between'; readonly left: Operand; readonly from: Operand; readonly to: Operand }
  | { readonly kind: 'is'; readonly left: Operand; readonly what: string }
  | { readonly kind: 'bare'; readonly operand: Operand };

/** The parts of a query. */
export interface QuerySyntax {
  readonly where: Syntax | undefined;
  readonly groupBy: readonly Operand[];
  readonly hasOrder: boolean;
  readonly hasLimit: boolean;
}

/** What a server puts in front of a query before it reads it: positions in its messages count from there. */
const SELECT = 'select * from table1 ';
const WHERE = 'where ';

const signs = ['=', '!=', '<>', '<', '<=', '>', '>=', '<=>'];
const words = ['in', 'like', 'regexp', 'starts_with'];

/** Reads a query as far as it is grammar. @throws QueryProblem */
export function readSyntax(text: string): QuerySyntax {
  return new Parser(text.trim()).query();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #length: number;
  readonly #offset: number;
  readonly #broken: boolean;
  #at = 0;

  constructor(text: string) {
    const { tokens, broken } = tokenize(text);
    this.#tokens = tokens;
    this.#broken = broken;
    this.#length = text.length;
    this.#offset = SELECT.length + (/^(order|group) by/i.test(text) ? 0 : WHERE.length);
  }

  query(): QuerySyntax {
    const isBare = this.#peek() === undefined || this.#isClause();
    const where = isBare ? undefined : this.#or();
    const groupBy = this.#takeClause('group') ? this.#operands() : [];
    const hasOrder = this.#takeClause('order');
    if (hasOrder) {
      do {
        this.#operand();
        if (!this.#takeWord('asc')) this.#takeWord('desc');
      } while (this.#takeSymbol(','));
    }
    const hasLimit = this.#takeWord('limit');
    if (hasLimit) {
      this.#operand();
      if (this.#takeSymbol(',') || this.#takeWord('offset')) this.#operand();
    }
    this.#takeSymbol(';');
    if (this.#peek() !== undefined || this.#broken) throw this.#syntaxError();
    return { where, groupBy, hasOrder, hasLimit };
  }

  #isClause(): boolean {
    return ['group', 'order', 'limit'].some((word) => this.#isWord(word));
  }

  #takeClause(word: 'group' | 'order'): boolean {
    if (!this.#takeWord(word)) return false;
    if (!this.#takeWord('by')) throw this.#syntaxError();
    return true;
  }

  #or(): Syntax {
    const parts = [this.#and()];
    while (this.#takeWord('or') || this.#takeSymbol('||')) parts.push(this.#and());
    return join('or', parts);
  }

  #and(): Syntax {
    const parts = [this.#not()];
    while (this.#takeWord('and') || this.#takeSymbol('&&')) parts.push(this.#not());
    return join('and', parts);
  }

  #not(): Syntax {
    if (this.#takeWord('not')) return { kind: 'not', part: this.#not() };
    const start = this.#at;
    if (!this.#takeSymbol('(')) return this.#comparison(this.#operand());
    const inner = this.#or();
    this.#need(')');
    if (!this.#beginsComparison()) return inner;
    this.#at = start;
    return this.#comparison(this.#operand());
  }

  #beginsComparison(): boolean {
    const token = this.#peek();
    if (token?.kind === 'symbol') return signs.includes(token.text) || '+-*/%'.includes(token.text);
    return token?.kind === 'word' && [...words, 'is', 'between'].includes(token.text.toLowerCase());
  }

  #comparison(left: Operand): Syntax {
    if (this.#takeWord('is')) {
      const what = `${this.#takeWord('not') ? 'not ' : ''}${this.#isOneOf('null', 'true', 'false')}`;
      this.#at++;
      return { kind: 'is', left, what };
    }
    const isNot = this.#takeWord('not');
    if (this.#takeWord('between')) {
      const from = this.#operand();
      this.#need('and');
      const between = { kind: 'between', left, from, to: this.#operand() } as const;
      return isNot ? { kind: 'not', part: between } : between;
    }
    const word = words.find((each) => this.#takeWord(each));
    if (word !== undefined) {
      const right = word === 'in' ? this.#tuple() : this.#operand();
      return { kind: 'compare', left, operator: `${isNot ? 'not ' : ''}${word}`, right };
    }
    if (isNot) throw this.#syntaxError();
    const sign = signs.find((each) => this.#takeSymbol(each));
    if (sign === undefined) return { kind: 'bare', operand: left };
    return { kind: 'compare', left, operator: sign === '<>' ? '!=' : sign, right: this.#operand() };
  }

  #operands(): Operand[] {
    const found = [this.#operand()];
    while (this.#takeSymbol(',')) found.push(this.#operand());
    return found;
  }

  #tuple(): Operand {
    this.#need('(');
    const items = this.#operands();
    this.#need(')');
    return { kind: 'tuple', text: `(${items.map(({ text }) => text).join(', ')})`, items };
  }

  #operand(): Operand {
    let operand = this.#primary();
    for (let token = this.#peek(); token?.kind === 'symbol' && '+-*/%'.includes(token.text); token = this.#peek()) {
      this.#at++;
      operand = { kind: 'binary', text: `${operand.text} ${token.text} ${this.#primary().text}` };
    }
    return operand;
  }

  #primary(): Operand {
    const token = this.#peek();
    if (token === undefined) throw this.#syntaxError();
    if (token.kind === 'symbol') return this.#prefixed(token.text);
    if (this.#broken && this.#at === this.#tokens.length - 1) throw this.#syntaxError();
    if (token.kind === 'word' && reservedWords.has(token.text.toLowerCase())) throw this.#syntaxError();
    this.#at++;
    if (token.kind === 'text') return { kind: 'text', text: quoted(token.text) };
    if (token.kind === 'number') return { kind: 'number', text: token.text };
    const word = token.kind === 'word' ? token.text.toLowerCase() : '';
    if (word === 'true' || word === 'false') return { kind: 'bool', text: word };
    if (word === 'null') return { kind: 'null', text: word };
    if (token.kind === 'word' && this.#takeSymbol('(')) {
      const items = this.#takeSymbol(')') ? [] : this.#operands();
      if (items.length > 0) this.#need(')');
      return { kind: 'function', text: `${token.text}(${items.map(({ text }) => text).join(', ')})` };
    }
    let text = token.text;
    while (this.#takeSymbol('.')) text = `${text}.${this.#nameAfterDot()}`;
    return { kind: 'name', text };
  }

  #nameAfterDot(): string {
    const token = this.#peek();
    if (token?.kind !== 'word' && token?.kind !== 'name') throw this.#syntaxError();
    this.#at++;
    return token.text;
  }

  #prefixed(symbol: string): Operand {
    if (symbol === '(') {
      this.#at++;
      const items = this.#operands();
      this.#need(')');
      const text = `(${items.map((item) => item.text).join(', ')})`;
      return items.length > 1 ? { kind: 'tuple', text, items } : { kind: 'paren', text };
    }
    if (!['-', '+', '!'].includes(symbol)) throw this.#syntaxError();
    this.#at++;
    const inner = this.#primary();
    if (inner.kind === 'number' && symbol !== '!') {
      return { kind: 'number', text: symbol === '-' ? `-${inner.text}` : inner.text };
    }
    return { kind: 'unary', text: `${symbol}${inner.text}` };
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #isWord(word: string): boolean {
    const token = this.#peek();
    return token?.kind === 'word' && token.text.toLowerCase() === word;
  }

  #isOneOf(...candidates: string[]): string {
    const found = candidates.find((word) => this.#isWord(word));
    if (found === undefined) throw this.#syntaxError();
    return found;
  }

  #takeWord(word: string): boolean {
    const found = this.#isWord(word);
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

  /** A server has read one character more when it notices. */
  #syntaxError(): QueryProblem {
    const token = this.#peek();
    const position = this.#offset + (token?.end ?? this.#length) + 1;
    const near = token === undefined || token.kind === 'symbol' ? '' : ` near '${token.text}'`;
    return malformed(`syntax error at position ${position}${near}`);
  }
}

const reservedWords = new Set([
  'and',
  'or',
  'not',
  'in',
  'is',
  'like',
  'regexp',
  'between',
  'starts_with',
  'group',
  'order',
  'by',
  'limit',
  'select',
  'from',
  'where',
  'union',
  'having',
  'asc',
  'desc',
]);

/** A text as servers print it in messages. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, (character) => `\\${character}`)}'`;
}

/** The text of an operand of that kind. */
export function unquote({ text }: Operand): string {
  return text.slice(1, -1).replaceAll(/\\([\s\S])/g, '$1');
}

function join(kind: 'and' | 'or', parts: readonly Syntax[]): Syntax {
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : { kind, parts };
}
