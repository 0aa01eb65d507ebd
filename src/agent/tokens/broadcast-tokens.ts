import type { Broadcasts } from '../../engine/index.ts';
import type { Token, TokenChannel } from '../token-channel.ts';
import type { TokenListener } from './listeners.ts';
import { isToken, parseJson } from './wire.ts';

/** A channel of all processes that share an engine which carries messages between them. What it cannot carry is lost. */
export class BroadcastTokens implements TokenChannel {
  readonly #broadcasts: Broadcasts;
  readonly #leaves = new Set<() => void>();
  #closed = false;

  constructor(broadcasts: Broadcasts) {
    this.#broadcasts = broadcasts;
  }

  /** Tells those who listen, in whichever process. */
  publish(token: Token): void {
    if (!this.#closed) this.#broadcasts.publish(topicOf(token.workflowId), JSON.stringify(token));
  }

  /** Hears of the tokens of one run. @returns how to stop. */
  subscribe(workflowId: string, listener: TokenListener): () => void {
    if (this.#closed) return () => {};
    const end = this.#broadcasts.subscribe(topicOf(workflowId), (text) => {
      const value = parseJson(text);
      if (isToken(value) && value.workflowId === workflowId) quietly(() => listener(value));
    });
    const leave = (): void => {
      if (this.#leaves.delete(leave)) end();
    };
    this.#leaves.add(leave);
    return leave;
  }

  /** Sends the listeners of this channel away. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const leave of this.#leaves) leave();
  }
}

function topicOf(workflowId: string): string {
  return `tokens:${workflowId}`;
}

/** What a listener throws is its own affair: others listen too. */
function quietly(tell: () => void): void {
  try {
    tell();
  } catch {
    // Nobody would know what to do with it.
  }
}
