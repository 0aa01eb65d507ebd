/** A piece of a query: a name or keyword, a quoted text or number, or a symbol. */
export interface Token {
  readonly kind: 'word' | 'text' | 'symbol';
  /** Without quotes and escapes. */
  readonly text: string;
  /** Where it begins in the query. */
  readonly position: number;
}

const piece =
  /\s*(?:("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|`([^`]*)`|(<=|>=|!=|=|<|>|\(|\)|,)|(\d[\w.:+-]*)|([A-Za-z_]\w*)|(\S))/gy;

/** The pieces of a query. What is no piece of any becomes a symbol that the parser does not know. */
export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  for (const match of query.trimEnd().matchAll(piece)) {
    const [all, quoted, name, symbol, number, word, other] = match;
    const position = match.index + (all.length - all.trimStart().length);
    if (quoted !== undefined)
      tokens.push({ kind: 'text', text: quoted.slice(1, -1).replace(/\\(.)/g, '$1'), position });
    else if (number !== undefined) tokens.push({ kind: 'text', text: number, position });
    else if (name !== undefined || word !== undefined)
      tokens.push({ kind: 'word', text: name ?? word ?? '', position });
    else tokens.push({ kind: 'symbol', text: symbol ?? other ?? '', position });
  }
  return tokens;
}
