import { defineAgent } from 'perdure';
import { ruleModel } from '../rule-model/index.ts';
import { cancelOrder, findInvoice, listOrders, lookupOrder, refund, trackShipment } from './tools.ts';

/** `provider/model` when `PERDURE_MODEL` says so; otherwise rules that need no key. */
const model = process.env['PERDURE_MODEL'] || ruleModel({ pace: 15 });

export const billing = defineAgent({
  name: 'billing',
  description: 'Take care of money: invoices, bills, receipts, payments, what was charged, refunds, money back.',
  model,
  instructions: `You do the books of a shop for coffee lovers. Look things up, never guess. Refund only what the customer has asked for, once.`,
  tools: [findInvoice, refund],
  limits: { steps: 20 },
});

export const support = defineAgent({
  name: 'support',
  model,
  instructions: `You answer the customers of a shop for coffee lovers, briefly and in a friendly way. Look things up, never guess. Whatever is about money
you give to billing, with the number of the order and all else that was said about it.`,
  tools: [lookupOrder, trackShipment, listOrders, cancelOrder],
  agents: [billing],
  limits: { steps: 20 },
});
