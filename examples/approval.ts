/** A tool that needs a person's consent: the run waits, for days if need be, and goes on with the decision. */
import { defineAgent, defineTool } from 'perdure';
import { z } from 'zod';
import { locally } from './locally.ts';
import { model } from './model.ts';

const payInvoice = defineTool({
  name: 'pay_invoice',
  description: 'Pay an invoice: transfer the money.',
  input: z.object({
    invoice: z
      .string()
      .regex(/^R-\d+$/)
      .describe('The number of the invoice such as R-17.'),
    amount: z.number().positive().describe('In euros.'),
  }),
  // Small amounts are paid at once. Text is what the person is asked.
  approval: ({ invoice, amount }) => amount > 500 && `Pay ${amount} EUR for invoice ${invoice}?`,
  run: ({ invoice, amount }) => ({ invoice, status: 'paid', amount }),
});

const bookkeeper = defineAgent({
  name: 'bookkeeper',
  model,
  instructions: 'You pay invoices when you are asked to. Never pay one twice.',
  tools: [payInvoice],
});

await locally({ agents: [bookkeeper] }, async (perdure) => {
  for (const input of [
    'Pay invoice R-17, 80 euros.',
    'Pay invoice R-18, 900 euros.',
    'Pay invoice R-19, 7000 euros.',
  ]) {
    console.log(`> ${input}`);
    const run = await perdure.start(bookkeeper, { input });
    for await (const event of run.events()) {
      if (event.type !== 'approval_requested') continue;
      console.log(`asks: ${event.wait.message}`);
      // Here a person decides: in a terminal, on a web page, by a bot. Any process may pass the decision on.
      const { amount } = event.wait.call?.input as { amount: number };
      if (amount < 1000) await run.approve();
      else await run.reject({ reason: 'That is far too much.' });
    }
    console.log(await run.result());
  }
});
