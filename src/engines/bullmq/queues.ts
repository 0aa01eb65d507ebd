import { Queue } from 'bullmq';
import { DEFAULT_PRIORITY, LAST_PRIORITY } from '../../core/run/priority.ts';
import type { WaitingAt } from '../../runtime/matching/backlog.ts';
import { queueName } from './keys.ts';
import type { JobKind, Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** BullMQ's own view of the queues of a namespace, for what it does itself. */
export class Queues {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #namespace: string;
  readonly #queues = new Map<string, Promise<Queue>>();

  /** @param client belongs to whoever made it. */
  constructor(client: RedisClient, keys: Keys, namespace: string) {
    this.#client = client;
    this.#keys = keys;
    this.#namespace = namespace;
  }

  /** The queue of a task queue's jobs. @throws StoreError when Redis cannot be reached. */
  async get(taskQueue: string, kind: JobKind): Promise<Queue> {
    const name = queueName(taskQueue, kind);
    const known = this.#queues.get(name);
    if (known !== undefined) return await known;
    const opening = this.#open(name);
    this.#queues.set(name, opening);
    try {
      return await opening;
    } catch (error) {
      this.#queues.delete(name);
      throw error;
    }
  }

  /** The runs of a task queue that wait for a process to take them. Since when is not known: they count as come just now. */
  async waiting(taskQueue: string): Promise<readonly WaitingAt[]> {
    const queue = await this.get(taskQueue, 'runs');
    const keys = Array.from({ length: LAST_PRIORITY }, (_, index) => index + 1);
    const [byPriority, plain] = await orStoreError(
      Promise.all([queue.getCountsPerPriority(keys), queue.getJobCountByTypes('wait')]),
    );
    const oldest = Date.now();
    const counts = keys.map((priority) => ({ priority, count: byPriority[priority] ?? 0, oldest }));
    return [...counts, { priority: DEFAULT_PRIORITY, count: plain, oldest }].filter(({ count }) => count > 0);
  }

  /** Has nothing of a task queue taken until `resume`, neither runs nor activities, in any process. */
  async pause(taskQueue: string): Promise<void> {
    await this.#both(taskQueue, (queue) => queue.pause());
  }

  /** Has what has waited taken in its order. */
  async resume(taskQueue: string): Promise<void> {
    await this.#both(taskQueue, (queue) => queue.resume());
  }

  /** Leaves the connection open. */
  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#queues.values());
    this.#queues.clear();
    await Promise.all(
      opened.map(async (queue) => (queue.status === 'fulfilled' ? await queue.value.close() : undefined)),
    );
  }

  async #both(taskQueue: string, change: (queue: Queue) => Promise<void>): Promise<void> {
    const kinds: readonly JobKind[] = ['runs', 'activities'];
    await Promise.all(kinds.map(async (kind) => await orStoreError(change(await this.get(taskQueue, kind)))));
  }

  async #open(name: string): Promise<Queue> {
    // A queue that is made while Redis is away waits for ever, where a command fails.
    await orStoreError(this.#client.ping());
    const prefix = this.#keys.tag(this.#namespace);
    const queue = new Queue(name, { connection: this.#client, prefix, skipMetasUpdate: true });
    // What fails is seen by who asked.
    queue.on('error', () => undefined);
    try {
      await orStoreError(queue.waitUntilReady());
    } catch (error) {
      await queue.close();
      throw error;
    }
    return queue;
  }
}
