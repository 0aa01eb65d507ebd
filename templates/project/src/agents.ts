import { defineAgent, defineTool, ToolError } from 'perdure';
import { z } from 'zod';
import { model } from './model.ts';

/** Stands for your database or the API of your shop. */
const orders = new Map([
  ['1042', { item: 'Espresso machine', status: 'shipped', amount: 249 }],
  ['1043', { item: 'Coffee, 1 kg', status: 'packed', amount: 24 }],
]);

function find(orderId: string): { item: string; status: string; amount: number } {
  const order = orders.get(orderId);
  // The model is told, and may ask the customer.
  if (order === undefined) throw new ToolError(`There is no order ${orderId}.`);
  return order;
}

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Finds an order by its number.',
  input: z.object({ orderId: z.string() }),
  run: ({ orderId }) => find(orderId),
});

export const refundOrder = defineTool({
  name: 'refund_order',
  description: 'Gives the customer the money for an order back.',
  input: z.object({ orderId: z.string() }),
  // A person decides first: the run waits as long as that takes, also over restarts.
  approval: ({ orderId }) => find(orderId).amount > 100,
  // `idempotencyKey` is the same when a call is tried again: give it to whoever pays.
  run: ({ orderId }, { idempotencyKey }) => ({ refunded: find(orderId).amount, reference: idempotencyKey }),
});

export const support = defineAgent({
  name: 'support',
  model,
  instructions: 'You answer the customers of a shop. Look things up, never guess.',
  tools: [lookupOrder, refundOrder],
  limits: { steps: 20, tokens: 100_000 },
});
