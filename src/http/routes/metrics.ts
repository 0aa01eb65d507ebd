import { z } from '@hono/zod-openapi';
import { type Route, route } from '../route.ts';

/** What is counted, for Prometheus. */
export const metrics: Route = route('get', '/metrics', {
  summary: 'Metrics for Prometheus',
  tag: 'service',
  role: 'viewer',
  scope: 'service:read',
  answers: { 200: { description: 'In the text format.', schema: z.string(), type: 'text/plain' } },
  handle: async ({ api }) =>
    new Response(await api.metrics.text(), { headers: { 'content-type': api.metrics.contentType } }),
});
