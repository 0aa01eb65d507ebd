import { defineAgent, defineTool } from 'perdure';
import { z } from 'zod';
import { model } from '../model.ts';

export const lookUpParcel = defineTool({
  name: 'look_up_parcel',
  description: 'Look up a parcel: where it is.',
  input: z.object({
    parcel: z
      .string()
      .regex(/^P-\d+$/)
      .describe('The number of the parcel such as P-5.'),
  }),
  run: ({ parcel }) => ({ parcel, status: 'lost', lastSeen: 'Leipzig' }),
});

export const investigator = defineAgent({
  name: 'investigator',
  model,
  instructions: 'You find out what became of parcels.',
  tools: [lookUpParcel],
});

/** Called by the workflow, and by no agent. */
export const reserve = defineTool({
  name: 'reserve_replacement',
  description: 'Reserve a replacement for a parcel.',
  input: z.object({ parcel: z.string() }),
  run: ({ parcel }) => {
    console.log(`reserved a replacement for ${parcel}`);
    return { reservation: `R-${parcel}` };
  },
  compensate: ({ parcel }) => console.log(`released the replacement for ${parcel}`),
});
