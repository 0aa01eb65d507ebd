import type { Token } from '../token-channel.ts';

/** Who hears a token. */
export type TokenListener = (token: Token) => void;

/** The listeners of this process, by workflow id. */
export class TokenListeners {
  readonly #byRun = new Map<string, Set<TokenListener>>();

  /** Workflow ids that somebody listens to. */
  get runs(): readonly string[] {
    return [...this.#byRun.keys()];
  }

  /** Adds a listener, which may be there already. @returns how it leaves. */
  add(workflowId: string, listener: TokenListener): () => void {
    // One function may listen twice, and leave once.
    const entry: TokenListener = (token) => listener(token);
    const listeners = this.#byRun.get(workflowId) ?? new Set();
    this.#byRun.set(workflowId, listeners.add(entry));
    return () => {
      listeners.delete(entry);
      if (listeners.size === 0 && this.#byRun.get(workflowId) === listeners) this.#byRun.delete(workflowId);
    };
  }

  /** Tells everyone who listens to the run. What a listener throws is its own affair. */
  tell(token: Token): void {
    for (const listener of this.#byRun.get(token.workflowId) ?? []) {
      try {
        listener(token);
      } catch {
        // A model call must not fail because of somebody who watches it.
      }
    }
  }

  /** Sends everybody away. */
  clear(): void {
    this.#byRun.clear();
  }
}
