import {
  type ApprovalContext,
  type AsyncToolContext,
  type CompensationContext,
  defineTool,
  ToolError,
  type ToolContext,
} from 'perdure';
import { z } from 'zod';
import type { Desk } from './desk.ts';
import type { Payments } from './payments.ts';

/** What the tools need of their worker. */
export interface WithDesk {
  readonly desk: Desk;
}

/** And of that of the tools of billing. */
export interface WithPayments extends WithDesk {
  readonly payments: Payments;
}

const orderNumber = z
  .string()
  .regex(/^\d{4}$/)
  .describe('The number of the order, four digits such as 1042.');

export const lookupOrder = defineTool({
  name: 'lookup_order',
  description: 'Look up an order: its status, its items, the price, the customer.',
  input: z.object({ order: orderNumber }),
  run: (args, { deps: { desk } }: ToolContext<WithDesk>) => {
    const { id, customer, ...rest } = desk.order(args.order);
    const { name, email } = desk.customer(customer);
    return { order: id, ...rest, customer: { name, email } };
  },
});

export const trackShipment = defineTool({
  name: 'track_shipment',
  description: 'Track the parcel of an order: where the package is, delivery, shipping, carrier, when it arrives.',
  input: z.object({ order: orderNumber }),
  run: (args, { deps: { desk } }: ToolContext<WithDesk>) => {
    const { id, status } = desk.order(args.order);
    const shipment = desk.shipmentOf(id);
    if (!shipment) throw new ToolError(`Order ${id} is ${status} and was not shipped, so there is nothing to track.`);
    const { carrier, trackingCode, expectedOn, steps } = shipment;
    return { parcelOfOrder: id, status: shipment.status, carrier, trackingCode, expectedOn, lastSeen: steps.at(-1) };
  },
});

export const listOrders = defineTool({
  name: 'list_orders',
  description: 'List all orders of a customer: history, everything somebody ordered.',
  input: z.object({
    customer: z
      .string()
      .regex(/^(?:[Cc]-\d\d|[\w.+-]{1,64}@[\w.-]{1,200}\.[A-Za-z]{2,24})$/)
      .describe("The customer's e-mail address, or number such as C-07."),
  }),
  run: (args, { deps: { desk } }: ToolContext<WithDesk>) => {
    const { id, name } = desk.customer(args.customer);
    const orders = desk.ordersOf(id).map((each) => ({ ...each, items: undefined, customer: undefined }));
    return { customer: name, orders };
  },
});

export const cancelOrder = defineTool({
  name: 'cancel_order',
  description: 'Cancel an order before it is shipped: stop it, call it off.',
  input: z.object({ order: orderNumber }),
  run: (args, { deps: { desk }, idempotencyKey }: ToolContext<WithDesk>) => {
    const { id, status, total, currency } = desk.order(args.order);
    // An attempt whose result got lost has cancelled it already.
    if (desk.isDone(idempotencyKey)) return { order: id, status, total, currency };
    if (status === 'cancelled') throw new ToolError(`Order ${id} was cancelled before.`);
    if (!['placed', 'packed'].includes(status))
      throw new ToolError(`Order ${id} is ${status}: it is too late to cancel it.`);
    desk.record({ type: 'cancelled', key: idempotencyKey, order: id });
    return { order: id, status: 'cancelled', total, currency };
  },
  // Should the run fail later, or be cancelled itself, the order is as it was.
  compensate: (_args, { deps: { desk }, idempotencyKey }: CompensationContext<WithDesk>) => desk.undo(idempotencyKey),
});

export const findInvoice = defineTool({
  name: 'find_invoice',
  description: 'Find an invoice: the bill or receipt, what was charged, paid, is due or was refunded.',
  input: z.object({
    invoice: z
      .string()
      .regex(/^(?:[Ii][Nn][Vv]-)?\d{4}$/)
      .describe('The number of the invoice such as INV-2042, or that of its order.'),
  }),
  run: (args, { deps: { desk } }: ToolContext<WithDesk>) => {
    const { id, customer, ...invoice } = desk.invoice(args.invoice);
    return { invoice: id, ...invoice, customer: desk.customer(customer).name };
  },
});

export const refund = defineTool({
  name: 'refund_order',
  description: 'Refund an order: give the customer the money back, reimburse them.',
  input: z.object({
    order: orderNumber,
    amount: z.number().positive().optional().describe('In euros. Default: all that was paid.'),
  }),
  // A person decides about larger amounts.
  approval: (args, { deps: { desk } }: ApprovalContext<WithDesk>) => {
    const amount = args.amount ?? desk.refundable(args.order);
    return amount > 100 && `Refund ${amount.toFixed(2)} EUR for order ${args.order}?`;
  },
  // The provider takes the order at once. The money arrives, and so the result, much later.
  completion: 'async',
  timeout: '24h',
  run: (args, { deps: { desk, payments }, idempotencyKey, completionToken }: AsyncToolContext<WithPayments>) => {
    const { id } = desk.order(args.order);
    const { amount = desk.refundable(id) } = args;
    // An attempt whose result got lost has ordered it already.
    if (!desk.isDone(idempotencyKey)) checkRefund(desk, id, amount);
    payments.refund({ key: idempotencyKey, order: id, amount, token: completionToken });
  },
});

function checkRefund(desk: Desk, order: string, amount: number): void {
  const { status } = desk.invoice(order);
  const left = desk.refundable(order);
  if (status === 'open') throw new ToolError(`Order ${order} was not paid yet, so there is nothing to refund.`);
  if (left === 0) throw new ToolError(`Order ${order} was refunded before.`);
  if (amount > left)
    throw new ToolError(`${amount.toFixed(2)} EUR are more than the ${left.toFixed(2)} EUR paid for order ${order}.`);
}
