import { condition, sleep } from '@temporalio/workflow';
import { Query, Signal, Update, type WorkflowOf, workflowOf } from '../../../src/workflow/decorators.ts';

class Counter {
  protected total: number;

  constructor(start: number) {
    this.total = start;
  }

  @Signal()
  add(amount: number): void {
    this.total += amount;
  }

  @Query({ name: 'total', description: 'What was added up so far.' })
  sum(): number {
    return this.total;
  }
}

class Order extends Counter {
  #address = 'none';
  #closed = false;

  /** Replaces what it extends, and is still the handler of the signal. */
  override add(amount: number): void {
    super.add(amount * 10);
  }

  @Signal({ name: 'close' })
  async finish(): Promise<void> {
    await sleep('1 minute');
    this.#closed = true;
  }

  @Update({ validator: 'checkAddress' })
  async changeAddress(address: string): Promise<string> {
    await Promise.resolve();
    const before = this.#address;
    this.#address = address;
    return before;
  }

  checkAddress(address: string): void {
    if (address === '') throw new Error('An address is needed.');
  }

  async run(start: number): Promise<string> {
    await condition(() => this.#closed);
    return `${start} ${this.total} ${this.#address}`;
  }
}

export const order: WorkflowOf<typeof Order> = workflowOf(Order);
