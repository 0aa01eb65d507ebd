import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { authorize } from './auth/authenticate.ts';
import type { Guard } from './auth/guard.ts';
import type { Principal } from './auth/principal.ts';
import { TenantIds } from './auth/tenant.ts';
import { HttpProblem } from './problems/problem.ts';
import { problemResponse } from './problems/respond.ts';
import { readJson } from './request/read-body.ts';
import { validated } from './request/validate.ts';
import type { ApiContext, Route } from './route.ts';

/** What is known of a request beside itself. */
export interface Connection {
  /** Address of the other end. */
  readonly address?: string | undefined;
}

/** What Hono carries along with a request. */
interface Env {
  Bindings: Connection;
  Variables: {
    requestId: string;
    principal: Principal;
    route: Route | undefined;
    /** Of the answer, whatever it is. */
    headers: Readonly<Record<string, string>>;
  };
}

/** What requests of no route count as: what they ask for can be anything. */
const NO_ROUTE = { path: 'none', method: 'other' };

const NOBODY: Principal = { id: 'nobody', role: 'viewer' };

/** Makes the router: for each request of a route the credential first, then its parts, then the route itself. */
export function createRouter(routes: readonly Route[], api: ApiContext, guard: Guard): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    context.set('requestId', randomUUID());
    context.set('principal', NOBODY);
    context.set('headers', {});
    const start = performance.now();
    await next();
    const { path, method } = context.get('route') ?? NO_ROUTE;
    const seconds = (performance.now() - start) / 1000;
    api.metrics.answered({ method, route: path, status: context.res.status, seconds });
    for (const [name, value] of Object.entries(context.get('headers'))) context.header(name, value);
    context.header('x-request-id', context.get('requestId'));
    context.header('cache-control', 'no-store');
    context.header('x-content-type-options', 'nosniff');
  });
  for (const route of routes) {
    app.on(route.method.toUpperCase(), honoPath(route.path), (context) => answer(route, context, api, guard));
  }
  app.notFound((context) => noRoute(routes, context, api));
  app.onError((error, context) => failed(error, context, api));
  return app;
}

async function answer(route: Route, context: Context<Env>, api: ApiContext, guard: Guard): Promise<Response> {
  context.set('route', route);
  const request = context.req.raw;
  if (api.closing.aborted) throw closing();
  const { principal = NOBODY, headers } = await guard.admit(route, request, context.env?.address);
  context.set('principal', principal);
  context.set('headers', headers);
  authorize(route, principal);
  const parts = {
    params: context.req.param(),
    query: new URL(request.url).searchParams,
    body: route.body === undefined ? undefined : await readJson(request, api.limits),
  };
  const ids = new TenantIds(principal);
  const requestId = context.get('requestId');
  if (route.method !== 'get') record(route, context, api);
  return await route.handle({ ...validated(route, parts), request, principal, ids, requestId, api });
}

/** Who did what, for whoever has to know later. */
function record({ method, path, role }: Route, context: Context<Env>, { logger }: ApiContext): void {
  const { id, tenant } = context.get('principal');
  const by = role === 'public' ? 'token' : id;
  const fields = { requestId: context.get('requestId'), method, route: path, params: context.req.param(), by, tenant };
  logger.info('A request that changes something.', fields);
}

function failed(error: Error, context: Context<Env>, { logger }: ApiContext): Response {
  const ids = new TenantIds(context.get('principal'));
  return problemResponse(error, { requestId: context.get('requestId'), ids, logger });
}

function noRoute(routes: readonly Route[], context: Context<Env>, api: ApiContext): Response {
  const allowed = new Set<string>();
  for (const { method, path } of routes) {
    if (!patternOf(path).test(context.req.path)) continue;
    allowed.add(method.toUpperCase());
    if (method === 'get') allowed.add('HEAD');
  }
  if (allowed.size === 0) {
    const about = { status: 404, title: 'There is no such route', fix: '/openapi.json describes every route.' };
    return failed(new HttpProblem('NO_SUCH_ROUTE', 'There is nothing at this address.', about), context, api);
  }
  const allow = [...allowed, 'OPTIONS'].join(', ');
  if (context.req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } });
  const about = { status: 405, title: 'Another method is needed', fix: `Use ${allow}.`, headers: { allow } };
  return failed(
    new HttpProblem('METHOD_NOT_ALLOWED', `This route does not take ${context.req.method}.`, about),
    context,
    api,
  );
}

function closing(): HttpProblem {
  return new HttpProblem('CLOSING', 'The server is being shut down.', {
    status: 503,
    title: 'The server is being shut down',
    fix: 'Send it again in some seconds.',
    headers: { 'retry-after': '5' },
  });
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', String.raw`\.`).replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}
