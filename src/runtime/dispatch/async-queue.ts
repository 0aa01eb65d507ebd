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

/** One of those who fill a queue. */
export interface QueuePart<T> {
  push(value: T): void;
  /** Nothing more will come from this one; calling it again does nothing. */
  close(): void;
}

/** A queue that several fill. It closes when all of them have. */
export class SharedQueue<T> extends AsyncQueue<T> {
  readonly #error: () => Error;
  #open = 0;

  constructor(error: () => Error) {
    super();
    this.#error = error;
  }

  /** Whether anybody fills it. */
  get isUsed(): boolean {
    return this.#open > 0 || this.isClosed;
  }

  join(): QueuePart<T> {
    this.#open++;
    let isOpen = true;
    return {
      push: (value) => this.push(value),
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        if (--this.#open === 0) this.close(this.#error);
      },
    };
  }
}
