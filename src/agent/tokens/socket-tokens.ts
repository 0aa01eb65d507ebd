import type { Token, TokenChannel } from '../token-channel.ts';
import { type TokenListener, TokenListeners } from './listeners.ts';
import { TokenPublisher } from './publisher.ts';
import { openSocketDirectory } from './socket-directory.ts';
import { TokenSubscriber } from './subscriber.ts';

/** How a process takes part in a channel of several. */
export interface SocketTokensOptions {
  /** Whether this process publishes, as workers do. Default: `true`. */
  readonly publishes?: boolean;
}

/**
 * A channel of several processes of one user that share an embedded engine's database file: each publisher listens on a unix socket beside it, and
 * subscribers find it there, whoever comes first. A slow subscriber misses tokens; sockets of killed processes are removed. It keeps no
 * process alive.
 * @throws ConfigurationError when the directory with the sockets belongs to somebody else.
 */
export async function openSocketTokens(databaseFile: string, options: SocketTokensOptions = {}): Promise<TokenChannel> {
  const directory = await openSocketDirectory(databaseFile);
  const publisher = options.publishes === false ? undefined : await TokenPublisher.open(directory);
  return new SocketTokens(directory, publisher);
}

class SocketTokens implements TokenChannel {
  readonly #directory: string;
  readonly #publisher: TokenPublisher | undefined;
  readonly #listeners = new TokenListeners();
  #subscriber: TokenSubscriber | undefined;
  #closed = false;

  constructor(directory: string, publisher: TokenPublisher | undefined) {
    this.#directory = directory;
    this.#publisher = publisher;
  }

  publish(token: Token): void {
    if (this.#closed) return;
    this.#listeners.tell(token);
    this.#publisher?.publish(token);
  }

  subscribe(workflowId: string, listener: TokenListener): () => void {
    if (this.#closed) return () => {};
    const leave = this.#listeners.add(workflowId, listener);
    this.#subscriber ??= new TokenSubscriber({
      directory: this.#directory,
      own: this.#publisher?.path,
      heard: (token) => this.#listeners.tell(token),
    });
    this.#subscriber.listenTo(this.#listeners.runs);
    return () => {
      leave();
      if (!this.#closed) this.#subscriber?.listenTo(this.#listeners.runs);
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    this.#subscriber?.close();
    await this.#publisher?.close();
  }
}
