import { z } from '@hono/zod-openapi';
import { json, type Route, route } from '../route.ts';

/** Where the document is served: it holds no secrets, so everybody may read it. */
export function documentRoutes(openapi: () => object): readonly Route[] {
  return ['/openapi.json', '/api/openapi.json'].map((path) =>
    route('get', path, {
      summary: 'This document',
      tag: 'api',
      role: 'public',
      scope: 'api:read',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({}) } },
      handle: () => json(200, openapi()),
    }),
  );
}
