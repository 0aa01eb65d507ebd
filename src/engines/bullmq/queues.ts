import { Queue } from 'bullmq';
import { queueName } from './keys.ts';
import type { JobKind, Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** BullMQ's own view of the queues of a namespace, for what it does itself. */
export class Queues {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #namespace: string;
  readonly #queues = new Map<string, Queue>();

  /** @param client belongs to whoever made it. */
  constructor(client: RedisClient, keys: Keys, namespace: string) {
    this.#client = client;
    this.#keys = keys;
    this.#namespace = namespace;
  }

  /** The queue of a task queue's jobs. */
  get(taskQueue: string, kind: JobKind): Queue {
    const name = queueName(taskQueue, kind);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      const prefix = this.#keys.tag(this.#namespace);
      queue = new Queue(name, { connection: this.#client, prefix, skipMetasUpdate: true });
      // What fails is seen by who asked.
      queue.on('error', () => undefined);
      this.#queues.set(name, queue);
    }
    return queue;
  }

  /** Has nothing of a task queue taken until `resume`, neither runs nor activities, in any process. */
  async pause(taskQueue: string): Promise<void> {
    await orStoreError(Promise.all([this.get(taskQueue, 'runs').pause(), this.get(taskQueue, 'activities').pause()]));
  }

  /** Has what has waited taken in its order. */
  async resume(taskQueue: string): Promise<void> {
    await orStoreError(Promise.all([this.get(taskQueue, 'runs').resume(), this.get(taskQueue, 'activities').resume()]));
  }

  /** Leaves the connection open. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.close()));
    this.#queues.clear();
  }
}
