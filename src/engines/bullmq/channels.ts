import type { Redis } from 'ioredis';

/** How often is asked for a sign of life where nothing else is ever asked, in milliseconds. */
const LIFE_MS = 5000;

/** Told about each message of a channel. */
export type Listener = (message: string) => void;

interface Subscription {
  readonly listeners: Set<Listener>;
  readonly ready: Promise<unknown>;
}

/** Messages between processes. They get lost while there is no connection: whoever listens looks again once there is one. */
export class Channels {
  readonly #client: Redis;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #onBack = new Set<() => void>();
  #wasReady: boolean;

  /** @param client for nothing else: a connection that listens can do nothing else. No cluster's, which does not tell when it was gone. */
  constructor(client: Redis) {
    this.#client = client;
    this.#wasReady = client.status === 'ready';
    client.on('message', (channel: string, message: string) => {
      for (const listener of this.#subscriptions.get(channel)?.listeners ?? []) listener(message);
    });
    client.on('ready', () => {
      // At this moment the channels are not subscribed to yet; what was missed is looked for when they are.
      if (this.#wasReady) void this.#resubscribe();
      this.#wasReady = true;
    });
    // Else a connection that is gone without a word would be listened to for ever.
    const asking = setInterval(() => {
      if (client.status === 'ready') client.ping().catch(() => undefined);
    }, LIFE_MS);
    asking.unref();
    client.once('end', () => clearInterval(asking));
  }

  /** Calls the listener when messages may have been lost. */
  onBack(listener: () => void): void {
    this.#onBack.add(listener);
  }

  /**
   * Listens. `ready` resolves once all that is sent from then on arrives.
   * @returns also a function that ends it; calling it twice does nothing.
   */
  listen(channel: string, listener: Listener): { readonly ready: Promise<unknown>; readonly end: () => void } {
    let subscription = this.#subscriptions.get(channel);
    if (subscription === undefined) {
      // What fails now is made good when the connection is back.
      subscription = { listeners: new Set(), ready: this.#client.subscribe(channel).catch(() => undefined) };
      this.#subscriptions.set(channel, subscription);
    }
    const { listeners, ready } = subscription;
    listeners.add(listener);
    const end = (): void => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      if (this.#subscriptions.get(channel)?.listeners !== listeners) return;
      this.#subscriptions.delete(channel);
      this.#client.unsubscribe(channel).catch(() => undefined);
    };
    return { ready, end };
  }

  async #resubscribe(): Promise<void> {
    const channels = [...this.#subscriptions.keys()];
    if (channels.length > 0) await this.#client.subscribe(...channels).catch(() => undefined);
    for (const listener of this.#onBack) listener();
  }
}
