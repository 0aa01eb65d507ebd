import { cors } from 'hono/cors';
import { Hono } from 'hono';
import { Guard } from './auth/guard.ts';
import { type Connection, createRouter } from './dispatch.ts';
import { openapiDocument } from './openapi.ts';
import { type ApiLogger, type ApiOptions, DEFAULT_LIMITS } from './options.ts';
import { checkOptions } from './check-options.ts';
import { RateLimits } from './request/rate-limits.ts';
import type { ApiContext, Route } from './route.ts';
import { ApiMetrics } from './metrics.ts';
import { documentRoutes } from './routes/document.ts';
import { ROUTES } from './routes/index.ts';
import { StreamSlots } from './stream/stream-slots.ts';

/** The HTTP API, as a function: it may be mounted in any server. */
export interface Api {
  /**
   * Answers a request; never rejects.
   * @param connection what the server knows of the other end. Without it, addresses are not told apart.
   */
  fetch(request: Request, connection?: Connection): Promise<Response>;
  /** The OpenAPI 3.1 document. */
  openapi(): object;
  /** Ends streams and refuses new requests. What is being answered goes on; `perdure` stays open. May be called twice. */
  close(): Promise<void>;
}

const SILENT: ApiLogger = { info: () => {}, warn: () => {}, error: () => {} };

/**
 * Makes the HTTP API. Nothing listens yet: `serveApi` does.
 * @throws ConfigurationError
 * @example
 * const api = createApi({ perdure, agents: [support], auth: { keys } });
 * app.mount('/', api.fetch);
 */
export function createApi(options: ApiOptions): Api {
  checkOptions(options);
  const { perdure, agents = [], auth, data, limits, logger = SILENT } = options;
  const closing = new AbortController();
  const most = { ...DEFAULT_LIMITS, ...limits };
  const streams = new StreamSlots(most.streams);
  const context: ApiContext = {
    perdure,
    agents: new Map(agents.map((agent) => [agent.name, agent])),
    limits: most,
    prices: options.prices,
    logger,
    streams,
    data,
    metrics: new ApiMetrics(perdure.engine, () => streams.count),
    closing: closing.signal,
  };
  let document: object | undefined;
  const openapi = (): object => (document ??= openapiDocument(routes, auth === 'loopback'));
  const routes: readonly Route[] = [...ROUTES, ...documentRoutes(openapi)];
  const router = createRouter(routes, context, new Guard(options, new RateLimits(context.limits)));
  const app = withCors(router, options.cors);
  return {
    fetch: async (request, connection = {}) => await app.fetch(request, connection),
    openapi,
    close: async () => closing.abort(),
  };
}

type Router = ReturnType<typeof createRouter>;

function withCors(router: Router, origins: ApiOptions['cors']): Router {
  if (origins === undefined || origins.length === 0) return router;
  const app: Router = new Hono();
  app.use(
    cors({
      origin: [...origins],
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
      allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'last-event-id'],
      exposeHeaders: ['location', 'retry-after', 'ratelimit', 'ratelimit-policy', 'x-request-id'],
      maxAge: 600,
    }),
  );
  app.mount('/', router.fetch);
  return app;
}
