import { z } from '@hono/zod-openapi';
import { HttpProblem } from '../problems/problem.ts';
import { json, type Route, route } from '../route.ts';

const HEALTH = z
  .object({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    version: z.string().optional(),
    uptime: z.number().optional().describe('Milliseconds since the engine was opened.'),
    error: z.string().optional(),
  })
  .openapi('EngineHealth');

/** Whether the process lives. Asks nobody else: an engine that is away is no reason to kill it. */
export const health: Route = route('get', '/api/health', {
  summary: 'Whether the process lives',
  tag: 'service',
  role: 'public',
  scope: 'service:read',
  answers: { 200: { description: 'It does.', schema: z.object({ status: z.literal('ok') }) } },
  handle: () => json(200, { status: 'ok' }),
});

/** Whether requests would be answered. */
export const ready: Route = route('get', '/api/ready', {
  summary: 'Whether the engine can be reached',
  tag: 'service',
  role: 'public',
  scope: 'service:read',
  answers: {
    200: { description: 'It can.', schema: z.object({ status: z.enum(['healthy', 'degraded']) }) },
  },
  handle: async ({ api }) => {
    const { status, error } = await api.perdure.engine.health();
    if (status !== 'unhealthy') return json(200, { status });
    // Anybody may ask: what exactly is wrong stands in the log.
    api.logger.warn('The engine cannot be reached.', { error });
    throw new HttpProblem('NOT_READY', 'The engine cannot be reached.', {
      status: 503,
      title: 'The engine cannot be reached',
      fix: 'Try again later.',
      headers: { 'retry-after': '5' },
    });
  },
});

/** What the engine is, and how it is. */
export const engine: Route = route('get', '/api/engine', {
  summary: 'What the engine is, and how it is',
  tag: 'service',
  role: 'viewer',
  scope: 'service:read',
  answers: {
    200: {
      description: 'The engine.',
      schema: z
        .object({
          name: z.string(),
          version: z.string(),
          features: z.array(z.string()),
          limits: z.record(z.string(), z.number()),
          health: HEALTH.extend({
            activeRuns: z.int().describe('Open runs of the namespace.'),
            queuedRuns: z.int().optional().describe('Tasks that wait for a worker, where the engine can count them.'),
          }),
        })
        .openapi('Engine'),
    },
  },
  handle: async ({ api }) => {
    const { engine: source } = api.perdure;
    const [info, { capabilities: _, ...state }] = await Promise.all([source.info(), source.health()]);
    return json(200, { ...info, health: state });
  },
});
