import type { z } from '@hono/zod-openapi';
import type { AnyAgent } from '../agent/types.ts';
import type { Prices } from '../client/inspect/types.ts';
import type { Perdure } from '../client/perdure.ts';
import type { WorkflowData } from '../data/types.ts';
import type { Principal, Role } from './auth/principal.ts';
import type { TenantIds } from './auth/tenant.ts';
import type { ApiMetrics } from './metrics.ts';
import type { ApiLimits, ApiLogger } from './options.ts';
import type { StreamSlots } from './stream/stream-slots.ts';

/** What all requests share. */
export interface ApiContext {
  /** Where the runs are. */
  readonly perdure: Perdure;
  /** What may be started, by name. Empty: not known here. */
  readonly agents: ReadonlyMap<string, AnyAgent>;
  /** How much one may ask for. */
  readonly limits: Required<ApiLimits>;
  /** What models cost, where that is known. */
  readonly prices: Prices | undefined;
  /** Where the log goes. */
  readonly logger: ApiLogger;
  /** The streams that are open. */
  readonly streams: StreamSlots;
  /** What runs have written; not everywhere. */
  readonly data: WorkflowData | undefined;
  /** What is counted. */
  readonly metrics: ApiMetrics;
  /** Aborts when the API is closed: streams end then. */
  readonly closing: AbortSignal;
}

/** A request whose credential was enough, and whose parts are what the route says. */
export interface Call<Params = unknown, Query = unknown, Body = unknown> {
  /** From the path, decoded. */
  readonly params: Params;
  /** From the query. */
  readonly query: Query;
  /** From the body. */
  readonly body: Body;
  /** The rest of the request. Its signal aborts when the client goes away. */
  readonly request: Request;
  /** Who asks. Of public routes: nobody. */
  readonly principal: Principal;
  /** Between ids as they stand in requests and answers, and ids of the engine. */
  readonly ids: TenantIds;
  /** Names the request in the log. */
  readonly requestId: string;
  /** What all requests share. */
  readonly api: ApiContext;
}

/** An answer that the document describes. */
export interface Answer {
  /** When it is given. */
  readonly description: string;
  /** What its body is. Left out: it has none. */
  readonly schema?: z.ZodType;
  /** Of its body. Default: `application/json`. */
  readonly type?: string;
  /** Other bodies that a request may choose, by their types. */
  readonly others?: Readonly<Record<string, z.ZodType>>;
  /** Its headers, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route is, beside the method and the path. */
export interface RouteOptions<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  /** One line. */
  readonly summary: string;
  /** What else there is to know. */
  readonly description?: string;
  /** Under which heading it stands. */
  readonly tag: string;
  /** The weakest role that may use it; `public`: it needs no credential. */
  readonly role: Role | 'public';
  /** By what keys with scopes may use it: what it is about, and whether it reads or writes. */
  readonly scope: `${string}:${'read' | 'write'}`;
  /** Of the path. Default: none. */
  readonly params?: Params;
  /** Of the query; what it does not know is refused. Default: none are taken. */
  readonly query?: Query;
  /** Of the body; `optional()` where it may be left out. Default: none is read. */
  readonly body?: Body;
  /** Headers that it reads, and what they are for. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By status: those that are no problems. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Statuses of problems beside those that all routes have (401, 403, 422, 429, 500, 503). */
  readonly problems?: readonly number[];
  /** Answers it. What it throws becomes a problem. */
  handle(call: Call<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Response> | Response;
}

/** One thing that can be asked of the API. */
export interface Route extends Omit<RouteOptions<z.ZodType, z.ZodType, z.ZodType>, 'handle'> {
  /** In small letters. */
  readonly method: 'get' | 'post' | 'put' | 'delete';
  /** With `{name}` for parameters: each of them is one percent-encoded segment. */
  readonly path: string;
  /** Answers it. */
  handle(call: Call<never, never, never>): Promise<Response> | Response;
}

/**
 * Makes a route.
 * @example
 * export const getRun: Route = route('get', '/api/runs/{id}', { tag: 'runs', role: 'viewer', scope: 'runs:read', … });
 */
export function route<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(method: Route['method'], path: string, options: RouteOptions<Params, Query, Body>): Route {
  return { ...options, method, path, handle: options.handle };
}

/** An answer of JSON. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers });
}
