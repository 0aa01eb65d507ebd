import { z } from '@hono/zod-openapi';

/** An id of a run, or another name that an engine has to keep. */
export const NAME: z.ZodString = z
  .string()
  .min(1)
  .max(1000)
  // Not every engine can keep them.
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text), 'No control characters, and no halves of characters.')
  .refine((text) => Buffer.byteLength(text) <= 1000, 'At most 1000 bytes.');

/** Where a list goes on. */
export const PAGE_CURSOR: z.ZodOptional<z.ZodString> = z
  .string()
  .max(6000)
  .regex(/^[A-Za-z0-9_-]*$/, 'It is none of ours.')
  .optional()
  .describe('Of the page before: what follows it.');

const RUN_ID = NAME.openapi({
  description: 'The id of the run, percent-encoded: `/` is `%2F`.',
  example: 'order-7/s1.1.refunds',
});

/** An id of a run in a path. */
export const RUN_PATH: z.ZodObject<{ id: z.ZodString }> = z.strictObject({ id: RUN_ID });

/** An id of a run and a name in a path. */
export const NAMED_PATH: z.ZodObject<{ id: z.ZodString; name: z.ZodString }> = z.strictObject({
  id: RUN_ID,
  name: NAME,
});

/** Anything that JSON can say. */
export const JSON_VALUE: z.ZodType = z.unknown().openapi({ description: 'Any JSON.' });

/** Which wait an answer is for. */
export const WAIT_CHOICE: { waitId: z.ZodOptional<z.ZodString>; toolCallId: z.ZodOptional<z.ZodString> } = {
  waitId: NAME.optional().describe('Its id. Without a choice: the only wait of the kind that is open.'),
  toolCallId: NAME.optional().describe('The call that it is about.'),
};

/** How a number in a query is read. */
export function count(most: number, usual: number): z.ZodType<number> {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'Give a whole number.')
    .transform(Number)
    .pipe(z.int().min(1).max(most))
    .default(usual)
    .openapi({ type: 'integer', minimum: 1, maximum: most, default: usual });
}

/** Leaves out what is `undefined`: optional options are left out, not unset. */
export function defined<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof Value]: Exclude<Value[Key], undefined> };
}
