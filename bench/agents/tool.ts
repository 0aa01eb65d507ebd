import { z } from 'zod';

/** The tool of the agents, as both systems are told about it. */
export const lookUp = {
  name: 'look_up',
  description: 'Looks a number up.',
  input: z.object({ number: z.number() }),
};

/** What it does. */
export async function look({ number }: { readonly number: number }): Promise<{ readonly found: string }> {
  return { found: `entry ${number}` };
}
