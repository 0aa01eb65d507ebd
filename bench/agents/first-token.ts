import type { Perdure } from '../../src/client/perdure.ts';
import { millisecondsSince, SPEAK } from './model.ts';

/** A run whose model asks and then speaks. Answers how long its first word took to the reader of the events, in milliseconds. */
export async function firstToken(perdure: Perdure, id: string): Promise<number> {
  const run = await perdure.start('bench', { input: SPEAK, id });
  let replied: Promise<void> | undefined;
  for await (const event of run.events({ tokens: true })) {
    if (event.type === 'token') {
      const ms = millisecondsSince(event.text);
      await Promise.all([replied, run.result()]);
      return ms;
    }
    // Whoever is asked has seen the events so far, so nothing that is said from now on is missed.
    // Nobody waits for the reply here: the model may speak before it has come back.
    if (event.type === 'input_requested') replied = run.reply('Yes.');
  }
  throw new Error(`The events of ${id} ended without a token.`);
}
