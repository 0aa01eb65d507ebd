/** A visibility query that makes no sense, or asks for what servers do not answer. The message is a server's, as INVALID_ARGUMENT. */
export class QueryProblem extends Error {
  override readonly name = 'QueryProblem';
}

/** The problem of a query that cannot be read. */
export function malformed(details: string): QueryProblem {
  return new QueryProblem(`invalid query: malformed SQL query: ${details}`);
}

/** The problem of a comparison that makes no sense. */
export function invalid(details: string): QueryProblem {
  return new QueryProblem(`invalid query: invalid expression: ${details}`);
}

/** The problem of what servers can read, but do not answer. */
export function notSupported(details: string): QueryProblem {
  return new QueryProblem(`invalid query: operation is not supported: ${details}`);
}
