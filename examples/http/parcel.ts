import { defineTool, type Tool } from 'perdure';
import { z } from 'zod';

/** What the agents of the examples over HTTP can do. */
export const findParcel: Tool<{ parcel: string }> = defineTool({
  name: 'find_parcel',
  description: 'Find a parcel: where it is.',
  input: z.object({
    parcel: z
      .string()
      .regex(/^P-\d+$/)
      .describe('The number of the parcel such as P-5.'),
  }),
  run: ({ parcel }) => ({ parcel, place: 'Oslo' }),
});
