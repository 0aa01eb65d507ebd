import { z } from '@hono/zod-openapi';
import type { Answer } from '../route.ts';

/** A message of a stream of server-sent events. */
export const SSE_MESSAGE: z.ZodType = z
  .object({
    id: z.string().optional().describe('For `Last-Event-ID`.'),
    event: z.string().optional(),
    data: z.string().optional().describe('JSON.'),
  })
  .openapi('ServerSentEvent');

/** A UI message stream of the AI SDK: server-sent events. */
export const UI_STREAM: Pick<Answer, 'schema' | 'type'> = { schema: SSE_MESSAGE, type: 'text/event-stream' };
