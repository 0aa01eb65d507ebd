import { createRequire } from 'node:module';
import { OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import { PROBLEM } from './problems/schema.ts';
import type { Answer, Route } from './route.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read.',
  401: 'There is no valid credential.',
  403: 'The credential is not enough.',
  404: 'There is no such thing, or it is of another tenant.',
  405: 'The route has other methods; `Allow` names them.',
  409: 'The state of the run does not allow it, or it exists already.',
  410: 'It is gone.',
  413: 'The body is too large.',
  415: 'The body is no JSON.',
  422: 'The request is not valid; `errors` says where.',
  429: 'Too many requests; `Retry-After` says when to go on.',
  500: 'Something went wrong that was not expected; the log has it by `instance`.',
  501: 'The server of the runs cannot do that.',
  503: 'The engine cannot be reached, or no worker runs; `Retry-After` says when to try again.',
};

/** Node says so before the API is asked. */
const TOO_LONG = { description: 'Address and headers are too long. There is no body.' };

/** Describes all routes, by OpenAPI 3.1. */
export function openapiDocument(routes: readonly Route[], isOpen: boolean): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, or a JSON Web Token of the configured identity provider.',
  });
  for (const route of routes) app.openAPIRegistry.registerPath(describe(route));
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Perdure',
      version: PACKAGE.version,
      description:
        'Durable agents over HTTP. Ids may hold any characters, also `/`, `~` and others that mean something in addresses: percent-encode them, so that each is one segment of the path (`encodeURIComponent`). The run of a sub-agent has the id of its caller, a slash and the call: `order-7%2Fs1.1.refunds`. Errors are problems by RFC 9457.' +
        (isOpen ? ' This server serves its own machine, without credentials.' : ''),
    },
  });
}

function describe(route: Route): RouteConfig {
  const { method, path, summary, description, tag, role, scope, params, query, body, headers } = route;
  const access = role === 'public' ? {} : { 'x-perdure-role': role, 'x-perdure-scope': scope };
  return {
    method,
    path,
    operationId: operationId(route),
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    security: role === 'public' ? [] : [{ bearer: [] }],
    ...access,
    request: {
      ...(params === undefined ? {} : { params: params as z.ZodObject }),
      ...(query === undefined ? {} : { query: query as z.ZodObject }),
      ...(headers === undefined ? {} : { headers: headerSchema(headers) }),
      ...(body === undefined ? {} : { body: bodyOf(body) }),
    },
    responses: responsesOf(route),
  };
}

function bodyOf(schema: z.ZodType): NonNullable<NonNullable<RouteConfig['request']>['body']> {
  return { required: !schema.safeParse(undefined).success, content: { 'application/json': { schema } } };
}

function headerSchema(headers: Readonly<Record<string, string>>): z.ZodObject {
  const shape = Object.entries(headers).map(([name, text]) => [name, z.string().optional().describe(text)] as const);
  return z.object(Object.fromEntries(shape));
}

function responsesOf(route: Route): RouteConfig['responses'] {
  const { role, body, params, answers, problems = [] } = route;
  const always = [422, 429, 500, 503];
  const bodily = body === undefined ? [] : [400, 413, 415];
  const guarded = role === 'public' ? [] : [401, 403];
  const statuses = new Set([...always, ...bodily, ...guarded, ...(params === undefined ? [] : [404]), ...problems]);
  const failures = [...statuses].map((status) => [
    status,
    {
      description: PROBLEMS[status] ?? 'A problem.',
      content: { 'application/problem+json': { schema: PROBLEM } },
    },
  ]);
  const successes = Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]);
  return Object.fromEntries([...failures, [431, TOO_LONG], ...successes]) as RouteConfig['responses'];
}

function contentOf(schemas: Readonly<Record<string, z.ZodType>>): object {
  return Object.fromEntries(Object.entries(schemas).map(([type, schema]) => [type, { schema }]));
}

function responseOf({ description, schema, type = 'application/json', others, headers }: Answer): object {
  return {
    description,
    ...(schema === undefined ? {} : { content: contentOf({ [type]: schema, ...others }) }),
    ...(headers === undefined
      ? {}
      : {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: 'string' } }]),
          ),
        }),
  };
}

function operationId({ method, path }: Route): string {
  const words = path.replace('/api/', '').replaceAll(/[{}]/g, '').split(/[/.-]/);
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
