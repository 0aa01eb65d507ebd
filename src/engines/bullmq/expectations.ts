import type { Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** How long an update is expected after its caller has last said so, in milliseconds. */
const EXPECTED_MS = 2000;

/** What expectations need. */
export interface ExpectationsOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
}

/**
 * Updates on their way to runs that no process has yet. A run's first task waits for them a moment: a workflow that ends with it would otherwise be over
 * before an update that came together with its start.
 */
export class Expectations {
  readonly #options: ExpectationsOptions;

  constructor(options: ExpectationsOptions) {
    this.#options = options;
  }

  /** Says that an update is on its way to the current run of a workflow id; it counts for two seconds. */
  async announce(workflowId: string): Promise<void> {
    const { client, keys, namespace } = this.#options;
    await orStoreError(client.set(keys.expected(namespace, workflowId), '1', 'PX', EXPECTED_MS));
  }

  /** The update has arrived, or its caller has given up. */
  async over(workflowId: string): Promise<void> {
    const { client, keys, namespace } = this.#options;
    await orStoreError(client.del(keys.expected(namespace, workflowId)));
  }
}
