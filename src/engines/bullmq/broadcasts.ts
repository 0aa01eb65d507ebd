import type { Broadcasts } from '../../engine/index.ts';
import type { Channels } from './channels.ts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './redis.ts';

/** Messages that may be on their way to Redis at once; when it does not keep up, further ones are dropped. */
const MOST_UNDER_WAY = 1000;

/** What broadcasts need. */
export interface RedisBroadcastsOptions {
  readonly client: RedisClient;
  readonly channels: Channels;
  readonly keys: Keys;
  readonly namespace: string;
}

/** Messages between processes by Redis' pub/sub. Those that cannot be sent at once are dropped. */
export class RedisBroadcasts implements Broadcasts {
  readonly #options: RedisBroadcastsOptions;
  #underWay = 0;

  constructor(options: RedisBroadcastsOptions) {
    this.#options = options;
  }

  /** See `Broadcasts`. */
  publish(topic: string, text: string): void {
    const { client, keys, namespace } = this.#options;
    // Without a connection they would be kept, and sent when nobody wants them any more.
    if (client.status !== 'ready' || this.#underWay >= MOST_UNDER_WAY) return;
    this.#underWay++;
    const settled = (): void => void this.#underWay--;
    client.publish(keys.topicChannel(namespace, topic), text).then(settled, settled);
  }

  /** See `Broadcasts`. */
  subscribe(topic: string, listener: (text: string) => void): () => void {
    const { channels, keys, namespace } = this.#options;
    return channels.listen(keys.topicChannel(namespace, topic), listener).end;
  }
}
