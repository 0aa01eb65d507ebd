import { redact } from '../../agent/redaction/index.ts';
import type { TenantIds } from '../auth/tenant.ts';
import type { ApiLogger } from '../options.ts';
import { HttpProblem, type Problem } from './problem.ts';
import { type Meaning, meaningOf } from './table.ts';

/** To which request a problem belongs. */
export interface ProblemContext {
  readonly requestId: string;
  readonly ids: TenantIds;
  readonly logger: ApiLogger;
}

/** The answer to a request that something went wrong with. What nobody expects says nothing but an id, which is in the log. */
export function problemResponse(error: unknown, context: ProblemContext): Response {
  const { requestId, logger } = context;
  const { problem, headers } = describe(error, context);
  if (problem.status >= 500) logger.error('The request has failed.', { requestId, error, code: problem.code });
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });
}

interface Described {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

function describe(error: unknown, { requestId, ids }: ProblemContext): Described {
  const instance = `urn:perdure:request:${requestId}`;
  if (error instanceof HttpProblem) {
    const { status, title, fix, errors, headers = {} } = error.about;
    const detail = ids.inText(error.message);
    return { problem: toProblem(error.code, { status, title, detail, instance, fix, errors }), headers };
  }
  const meaning = meaningOf(error);
  return meaning === undefined ? unexpected(instance, requestId) : expected(error as Error, meaning, ids, instance);
}

function expected(error: Error, meaning: Meaning, ids: TenantIds, instance: string): Described {
  const { code = 'UNKNOWN', path, fix = meaning.fix } = error as { code?: string; path?: string; fix?: string };
  const { status, title, retryAfter } = meaning;
  // It may tell of a database's address, or of what an author's code says.
  const detail = redact(ids.inText(error.message));
  const errors = path === undefined ? undefined : [{ pointer: `/${path.replaceAll('.', '/')}`, detail }];
  return {
    problem: toProblem(code, { status, title, detail, instance, fix, errors }),
    headers: retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
  };
}

function unexpected(instance: string, requestId: string): Described {
  const detail = `Something went wrong that was not expected. The log of the server has it under the id ${requestId}.`;
  const about = { status: 500, title: 'Something went wrong', detail, instance, fix: undefined, errors: undefined };
  return { problem: toProblem('INTERNAL', about), headers: {} };
}

type Parts = Pick<Problem, 'status' | 'title' | 'detail' | 'instance'> & {
  readonly fix: Problem['fix'] | undefined;
  readonly errors: Problem['errors'] | undefined;
};

function toProblem(code: string, { status, title, detail, instance, fix, errors }: Parts): Problem {
  return {
    type: `urn:perdure:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title,
    status,
    detail,
    code,
    ...(fix === undefined ? {} : { fix }),
    instance,
    ...(errors === undefined ? {} : { errors }),
  };
}
