import type { z } from '@hono/zod-openapi';
import { invalidRequest, type ProblemDetail } from '../problems/problem.ts';
import type { Route } from '../route.ts';
import { pointerOf } from './json-text.ts';

/** What the parts of a request are, unchecked. */
export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** The parts of a request as a route's schemas give them. @throws HttpProblem that names all places that are wrong. */
export function validated(
  { params, query, body }: Route,
  parts: RequestParts,
): { readonly params: never; readonly query: never; readonly body: never } {
  const errors: ProblemDetail[] = [];
  const check = (schema: z.ZodType | undefined, value: unknown, place: string): never => {
    const result = schema?.safeParse(value);
    // Not spread: there may be more of them than a call takes arguments.
    if (result !== undefined && !result.success)
      for (const issue of result.error.issues) for (const error of of(issue, place)) errors.push(error);
    return result?.data as never;
  };
  const checked = {
    params: check(params, parts.params, 'path'),
    query: check(query, single(parts.query, errors), 'query'),
    body: check(body, parts.body, ''),
  };
  if (query === undefined)
    for (const name of new Set(parts.query.keys()))
      errors.push({ pointer: `query.${name}`, detail: 'Unknown parameter.' });
  if (errors.length > 0) throw invalidRequest(errors);
  return checked;
}

/** Parameters that may be given more than once are texts with commas: one way to say a thing. */
function single(query: URLSearchParams, errors: ProblemDetail[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [name, value] of query) {
    if (values.has(name)) errors.push({ pointer: `query.${name}`, detail: 'It is given twice.' });
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function of(issue: z.core.$ZodIssue, place: string): ProblemDetail[] {
  const at = (path: readonly PropertyKey[]): string =>
    place === '' ? pointerOf(path) : [place, ...path.map(String)].join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ pointer: at([...issue.path, key]), detail: 'Unknown name.' }));
  return [{ pointer: at(issue.path), detail: issue.message }];
}
