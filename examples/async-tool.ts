/** A tool whose result comes later: it starts something, and whoever ends it has a token to say so. No worker waits meanwhile. */
import { setTimeout as delay } from 'node:timers/promises';
import { type AsyncToolContext, defineAgent, defineTool, type Perdure } from 'perdure';
import { z } from 'zod';
import { locally } from './locally.ts';
import { model } from './model.ts';

/** Somebody else's system: takes orders now, and calls back when they are done. */
class PrintShop {
  onDone: (token: string, result: { order: string; status: string; pages: number }) => Promise<void> = async () => {};

  async print(order: string, token: string): Promise<void> {
    console.log(`print shop: ${order} is in the queue`);
    await delay(200);
    console.log(`print shop: ${order} is printed`);
    await this.onDone(token, { order, status: 'printed', pages: 120 });
  }
}

const printBook = defineTool({
  name: 'print_book',
  description: 'Print a book on paper.',
  input: z.object({
    order: z
      .string()
      .regex(/^B-\d+$/)
      .describe('The number of the order such as B-7.'),
  }),
  completion: 'async',
  timeout: '3 days',
  // Returns at once. The token is signed, fits this call only, and may be kept in a database or sent in a callback URL.
  run: ({ order }, { deps, completionToken }: AsyncToolContext<{ shop: PrintShop }>) => {
    void deps.shop.print(order, completionToken);
  },
});

const publisher = defineAgent({
  name: 'publisher',
  model,
  instructions: 'You have books printed.',
  tools: [printBook],
});

const shop = new PrintShop();
await locally({ agents: [publisher], deps: { shop } }, async (perdure: Perdure) => {
  shop.onDone = (token, result) => perdure.completeTool(token, { result });
  const run = await perdure.start(publisher, { input: 'Please print book B-7.' });
  console.log(await run.result());
});
