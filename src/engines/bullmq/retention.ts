import { WorkflowExecutionStatus } from '../../core/proto.ts';
import { decodeRecord } from '../../core/record-codec.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { keyOfMember } from './keys.ts';
import type { Keys } from './keys.ts';
import type { RetentionLimits } from './options.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';
import type { RedisStore } from './redis-store.ts';

/** Closed runs that are looked at in one go. */
const BATCH = 50;
const OPEN = String(WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING);

/** What retention works on. */
export interface RetentionOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly store: RedisStore;
  readonly retention: RetentionLimits;
}

/**
 * Deletes closed runs: those that are too old, and the oldest while all together are too large. A run stays while somebody may need it: the parent that
 * started it or the run that continues it is open, or a child of it is.
 */
export class Retention {
  readonly #options: RetentionOptions;
  /** Runs at the beginning of the index that were found to be needed. */
  #kept = 0;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /**
   * Looks at some closed runs, the oldest first, beginning where the call before has ended.
   * @returns how many it has deleted, and whether there may be more to delete.
   */
  async step(): Promise<{ readonly deleted: number; readonly more: boolean }> {
    const { client, keys, namespace, store, retention } = this.#options;
    const base = keys.base(namespace);
    const oldest = await orStoreError(
      client.zrange(`${base}by:close`, `${this.#kept}`, `${this.#kept + BATCH - 1}`, 'WITHSCORES'),
    );
    const tooOld = systemClock.now() - retention.age;
    let excess = Number((await orStoreError(client.get(`${base}bytes`))) ?? 0) - retention.bytes;
    let deleted = 0;
    for (let index = 0; index < oldest.length; index += 2) {
      const key = keyOfMember(namespace, oldest[index] ?? '');
      if (Number(oldest[index + 1]) > tooOld && !(excess > 0)) return this.#end(deleted);
      // Payloads stay where they are: only what the run has to do with others is wanted.
      const [text, counted] = await orStoreError(client.hmget(keys.run(key), 'rec', 'counted'));
      if (text && (await this.#isNeeded(decodeRecord(text)))) {
        this.#kept++;
        continue;
      }
      if (text) await store.delete(key);
      else await orStoreError(client.zrem(`${base}by:close`, oldest[index] ?? ''));
      excess -= Number(counted ?? 0);
      deleted++;
    }
    return oldest.length < BATCH * 2 ? this.#end(deleted) : { deleted, more: true };
  }

  #end(deleted: number): { readonly deleted: number; readonly more: boolean } {
    this.#kept = 0;
    return { deleted, more: false };
  }

  async #isNeeded(record: RunRecord): Promise<boolean> {
    const { namespace, workflowId, parent, nextRunId, children } = record;
    const relatives: RunKey[] = [...children.values()].filter(({ runId }) => runId !== '');
    if (parent !== undefined) relatives.push(parent);
    if (nextRunId !== undefined) relatives.push({ namespace, workflowId, runId: nextRunId });
    const { client, keys } = this.#options;
    const statuses = await Promise.all(
      relatives.map((relative) => orStoreError(client.hget(keys.run(relative), 'status'))),
    );
    return statuses.includes(OPEN);
  }
}
