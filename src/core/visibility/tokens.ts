/** What a piece of a query is: a name or keyword, a name in backticks, a quoted text, a number, or a symbol. */
export type TokenKind = 'word' | 'name' | 'text' | 'number' | 'symbol';

/** A piece of a query. */
export interface Token {
  readonly kind: TokenKind;
  /** Without quotes and escapes. */
  readonly text: string;
  /** Where it ends in the query. */
  readonly end: number;
}

const blank = /(?:\s+|--[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const piece =
  /("(?:[^"\\]|\\[\s\S]|"")*"|'(?:[^'\\]|\\[\s\S]|'')*')|`([^`]*)`|(0[xX][\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(<=>|<=|>=|<>|!=|&&|\|\||[^\s])/y;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', 0: '\0', Z: '\u001a' };

/** The pieces of a query. What is no piece of any becomes a symbol that the parser does not know; a quote that never ends, a text that is none (`broken`). */
export function tokenize(query: string): { readonly tokens: readonly Token[]; readonly broken: boolean } {
  const tokens: Token[] = [];
  for (let at = skip(query, 0); at < query.length; at = skip(query, piece.lastIndex)) {
    piece.lastIndex = at;
    const [all = '', quoted, name, number, word, symbol] = piece.exec(query) ?? [];
    const end = at + all.length;
    if (symbol === '"' || symbol === "'") {
      tokens.push({ kind: 'text', text: query.slice(end), end: query.length });
      return { tokens, broken: true };
    }
    if (quoted !== undefined) tokens.push({ kind: 'text', text: unquoted(quoted), end });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, end });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, end });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, end });
    else tokens.push({ kind: 'symbol', text: symbol ?? '', end });
  }
  return { tokens, broken: false };
}

function skip(query: string, from: number): number {
  blank.lastIndex = from;
  blank.exec(query);
  return blank.lastIndex;
}

function unquoted(text: string): string {
  const quote = text.slice(0, 1);
  return text
    .slice(1, -1)
    .replaceAll(/\\([\s\S])|(['"])\2/g, (all: string, escaped: string | undefined, double: string | undefined) => {
      if (escaped !== undefined) return escapes[escaped] ?? escaped;
      return double === quote ? quote : all;
    });
}
