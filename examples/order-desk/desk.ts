import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ToolError } from 'perdure';
import customers from './data/customers.json' with { type: 'json' };
import invoices from './data/invoices.json' with { type: 'json' };
import orders from './data/orders.json' with { type: 'json' };
import shipments from './data/shipments.json' with { type: 'json' };

export type Order = (typeof orders)[number];
type Customer = (typeof customers)[number];
type Invoice = (typeof invoices)[number];
type Shipment = (typeof shipments)[number];

/** What was done since the data was shipped. `key`: of the call that did it, so that nothing is done twice. */
export type Change =
  | { readonly type: 'cancelled'; readonly key: string; readonly order: string }
  | { readonly type: 'refunded'; readonly key: string; readonly order: string; readonly amount: number };

/** A shop's data: what is in the JSON files, and a journal of what was changed since. A real one would be a database. */
export class Desk {
  readonly #journal: string | undefined;

  /** @param journal the file with the changes. Without one they are gone with the process. */
  constructor(journal?: string) {
    this.#journal = journal;
  }

  /** @throws ToolError when there is none: that is what the model is told. */
  order(id: string): Order {
    const order = orders.find((each) => each.id === id);
    if (!order) throw new ToolError(`There is no order ${id}.`);
    const isCancelled = this.#changes().some((change) => change.type === 'cancelled' && change.order === id);
    return isCancelled ? { ...order, status: 'cancelled' } : order;
  }

  /** By number or e-mail address. @throws ToolError when there is none. */
  customer(reference: string): Customer {
    const wanted = reference.toLowerCase();
    const found = customers.find(({ id, email }) => [id.toLowerCase(), email].includes(wanted));
    if (!found) throw new ToolError(`There is no customer ${reference}.`);
    return found;
  }

  ordersOf(customer: string): Order[] {
    return orders.filter((order) => order.customer === customer).map(({ id }) => this.order(id));
  }

  shipmentOf(order: string): Shipment | undefined {
    return shipments.find((shipment) => shipment.order === order);
  }

  /** By its own number or that of its order. @throws ToolError when there is none. */
  invoice(reference: string): Invoice & { readonly refunded: number } {
    const found = invoices.find(({ id, order }) => id === reference.toUpperCase() || order === reference);
    if (!found) throw new ToolError(`There is no invoice ${reference}.`);
    const refunded = found.status === 'refunded' ? found.amount : this.#refundedSince(found.order);
    return { ...found, status: refunded >= found.amount ? 'refunded' : found.status, refunded };
  }

  /** What of the price of an order was paid, and not given back. 0 when there is no such order. */
  refundable(order: string): number {
    if (!orders.some(({ id }) => id === order)) return 0;
    const { status, amount, refunded } = this.invoice(order);
    return status === 'open' ? 0 : amount - refunded;
  }

  /** Whether a call has done its work already, in an attempt whose result got lost. */
  isDone(key: string): boolean {
    return this.#changes().some((change) => change.key === key);
  }

  record(change: Change): void {
    if (!this.isDone(change.key)) this.#write([...this.#changes(), change]);
  }

  /** Takes back what a call has done. */
  undo(key: string): void {
    this.#write(this.#changes().filter((change) => change.key !== key));
  }

  #refundedSince(order: string): number {
    return this.#changes().reduce(
      (sum, each) => sum + (each.type === 'refunded' && each.order === order ? each.amount : 0),
      0,
    );
  }

  #memory: readonly Change[] = [];

  #changes(): readonly Change[] {
    if (this.#journal === undefined) return this.#memory;
    return (readJson(this.#journal) ?? []) as readonly Change[];
  }

  #write(changes: readonly Change[]): void {
    this.#memory = changes;
    if (this.#journal !== undefined) writeJson(this.#journal, changes);
  }
}

/** `undefined` when there is no such file. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** All or nothing, also when the process is killed in the middle. */
export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(value, null, 2));
  renameSync(`${path}.new`, path);
}
