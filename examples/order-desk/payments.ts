import { setTimeout as delay } from 'node:timers/promises';
import { type Desk, readJson, writeJson } from './desk.ts';

/** What the desk asks of the payment provider. */
export interface RefundOrder {
  /** Of the call: the same order twice is one order. */
  readonly key: string;
  readonly order: string;
  readonly amount: number;
  /** With this the provider says that the money has arrived. */
  readonly token: string;
}

/** Tells whoever gave the token what came of it. */
export type Completed = (token: string, result: Readonly<Record<string, string | number>>) => Promise<void>;

/** How a payment provider is made. */
export interface PaymentOptions {
  readonly desk: Desk;
  readonly completed: Completed;
  /** The file with orders that are not done. Without one they are gone with the process. */
  readonly file?: string;
  /** How long a bank takes, in milliseconds. Default: 1000. */
  readonly bankTime?: number;
}

/** A payment provider as there are many: it takes an order at once, and says much later what became of it. It survives a crash, as they do. */
export class Payments {
  readonly #options: PaymentOptions;
  readonly #stopped = new AbortController();
  #open: readonly RefundOrder[];

  constructor(options: PaymentOptions) {
    this.#options = options;
    this.#open = ((options.file && readJson(options.file)) || []) as readonly RefundOrder[];
    for (const order of this.#open) void this.#pay(order);
  }

  /** Takes an order; a call that is repeated finds its own. */
  refund(order: RefundOrder): void {
    if (this.#open.some(({ key }) => key === order.key)) return;
    this.#keep([...this.#open, order]);
    void this.#pay(order);
  }

  /** Orders that are not done are taken up by the next one with the same file. */
  stop(): void {
    this.#stopped.abort();
  }

  async #pay({ key, order, amount, token }: RefundOrder): Promise<void> {
    const { desk, completed, bankTime = 1000 } = this.#options;
    const { signal } = this.#stopped;
    try {
      await delay(bankTime, undefined, { signal });
      desk.record({ type: 'refunded', key, order, amount });
      await completed(token, { refundOfOrder: order, status: 'paid', amount, currency: 'EUR' });
      this.#keep(this.#open.filter((each) => each.key !== key));
    } catch (error) {
      // The run may be over, or the engine gone. Real providers call again; this one leaves it for its next start.
      if (!signal.aborted) process.emitWarning(`The refund of order ${order} was not confirmed: ${String(error)}`);
    }
  }

  #keep(orders: readonly RefundOrder[]): void {
    this.#open = orders;
    if (this.#options.file !== undefined) writeJson(this.#options.file, orders);
  }
}
