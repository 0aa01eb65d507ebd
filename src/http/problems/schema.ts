import { z } from '@hono/zod-openapi';

/** `Problem`, for the document. */
export const PROBLEM: z.ZodType = z
  .object({
    type: z.string().describe('Names the kind of problem.'),
    title: z.string().describe('The kind of problem in words.'),
    status: z.int(),
    detail: z.string().describe('What happened.'),
    code: z.string().describe('Never changes, unlike texts.'),
    fix: z.string().optional().describe('What to do about it.'),
    instance: z.string().describe('Names this occurrence; the log has it, too.'),
    errors: z
      .array(z.object({ pointer: z.string(), detail: z.string() }))
      .optional()
      .describe('What is wrong with the request, place by place.'),
  })
  .openapi('Problem');
