import type { Token, TokenChannel } from 'perdure';

/** Hears what models say in a worker that is a child process: it sends each piece as a message. */
export class RelayedTokens implements TokenChannel {
  readonly #listeners = new Map<string, Set<(token: Token) => void>>();

  publish(token: Token): void {
    for (const listener of this.#listeners.get(token.workflowId) ?? []) listener(token);
  }

  subscribe(workflowId: string, listener: (token: Token) => void): () => void {
    const listeners = this.#listeners.get(workflowId) ?? new Set();
    this.#listeners.set(workflowId, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

/** The worker's end. */
export const toParent: TokenChannel = {
  publish: (token) => void process.send?.({ type: 'token', token }),
  subscribe: () => () => {},
  close: async () => {},
};
