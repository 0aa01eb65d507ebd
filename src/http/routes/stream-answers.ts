import { z } from '@hono/zod-openapi';
import type { Answer } from '../route.ts';

/** A UI message stream of the AI SDK: server-sent events. */
export const UI_STREAM: Pick<Answer, 'schema' | 'type'> = { schema: z.string(), type: 'text/event-stream' };
