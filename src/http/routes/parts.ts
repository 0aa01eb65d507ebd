import { z } from '@hono/zod-openapi';

/** An id of a run in a path. */
export const RUN_PATH: z.ZodObject<{ id: z.ZodString }> = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(1000)
    .openapi({ description: 'The id of the run, percent-encoded: `/` is `%2F`.', example: 'order-7%2Fs1.1.refunds' }),
});

/** Anything that JSON can say. */
export const JSON_VALUE: z.ZodType = z.unknown().openapi({ description: 'Any JSON.' });
