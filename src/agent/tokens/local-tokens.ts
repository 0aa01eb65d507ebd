import type { Token, TokenChannel } from '../token-channel.ts';
import { type TokenListener, TokenListeners } from './listeners.ts';

/** A channel within a process: a token arrives while it is published. Closing it sends its listeners away. */
export class LocalTokens implements TokenChannel {
  readonly #listeners = new TokenListeners();

  /** Tells those who listen. Never throws. */
  publish(token: Token): void {
    this.#listeners.tell(token);
  }

  /** Hears of the tokens of one run. @returns how to stop. */
  subscribe(workflowId: string, listener: TokenListener): () => void {
    return this.#listeners.add(workflowId, listener);
  }

  /** Sends all listeners away. */
  async close(): Promise<void> {
    this.#listeners.clear();
  }
}

const shared = new LocalTokens();

const ofProcess: TokenChannel = {
  publish: (token) => shared.publish(token),
  subscribe: (workflowId, listener) => shared.subscribe(workflowId, listener),
  close: async () => {},
};

/** The channel of this process, for workers and clients that share one. Closing it does nothing, because others use it too. */
export function processTokens(): TokenChannel {
  return ofProcess;
}
