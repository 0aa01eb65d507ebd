/** Lets changes of the same workflow id happen one after another, and changes of different ones side by side. */
export class Locks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `body` while holding all the names. Names are taken in a fixed order, so that two callers never wait for each other. */
  async run<T>(names: readonly string[], body: () => Promise<T>): Promise<T> {
    const [first, ...rest] = [...new Set(names)].toSorted();
    if (first === undefined) return body();
    return this.#hold(first, () => this.run(rest, body));
  }

  async #hold<T>(name: string, body: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#tails.set(name, promise);
    if (before !== undefined) await before;
    try {
      return await body();
    } finally {
      if (this.#tails.get(name) === promise) this.#tails.delete(name);
      resolve();
    }
  }
}
