interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Hands values to whoever waits for them, in order. Once closed and empty, waiting ends with the error given to `close`. */
export class AsyncQueue<T> {
  readonly #values: T[] = [];
  readonly #waiters: Array<Waiter<T>> = [];
  #closedWith: (() => Error) | undefined;

  get isClosed(): boolean {
    return this.#closedWith !== undefined;
  }

  push(value: T): void {
    const waiter = this.#waiters.shift();
    if (waiter) waiter.resolve(value);
    else this.#values.push(value);
  }

  /** The next value. */
  take(): Promise<T> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    if (this.#closedWith) return Promise.reject(this.#closedWith());
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** No more values will come; those that are there can still be taken. */
  close(error: () => Error): void {
    if (this.#closedWith) return;
    this.#closedWith = error;
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error());
  }
}
