/** Polls that wait because their queue is paused. */
export class Gates {
  readonly #closed = new Map<string, PromiseWithResolvers<void>>();
  readonly #waits = new Map<string, Set<AbortController>>();

  /** Ends the polls that wait for a task of the queue, and lets none through until it is opened. */
  close(name: string): void {
    if (this.#closed.has(name)) return;
    this.#closed.set(name, Promise.withResolvers());
    for (const wait of this.#waits.get(name) ?? []) wait.abort();
  }

  /** Lets polls through. */
  open(name: string): void {
    this.#closed.get(name)?.resolve();
    this.#closed.delete(name);
  }

  /**
   * Polls as soon as the queue is open, and with a signal that ends the wait when it is closed.
   * @returns `undefined` when the caller's signal ends first.
   */
  async through<Answer>(
    name: string,
    caller: AbortSignal | undefined,
    poll: (signal: AbortSignal) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const wait = new AbortController();
    const gone = Promise.withResolvers<void>();
    const end = (): void => {
      wait.abort();
      gone.resolve();
    };
    if (caller?.aborted) end();
    caller?.addEventListener('abort', end, { once: true });
    try {
      for (let gate = this.#closed.get(name); gate !== undefined; gate = this.#closed.get(name)) {
        await Promise.race([gate.promise, gone.promise]);
        if (wait.signal.aborted) return undefined;
      }
      this.#waits.set(name, (this.#waits.get(name) ?? new Set()).add(wait));
      return await poll(wait.signal);
    } finally {
      caller?.removeEventListener('abort', end);
      const waits = this.#waits.get(name);
      waits?.delete(wait);
      if (waits?.size === 0) this.#waits.delete(name);
    }
  }
}
