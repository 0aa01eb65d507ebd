import { isOpen } from '../../core/run/open.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { isNeeded } from '../../runtime/needed.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { Backoff, concernsAll } from './backoff.ts';
import { keyOfMember } from './keys.ts';
import type { RetentionLimits } from './options.ts';
import { orStoreError } from './redis.ts';
import { bareRecord } from './run-codec.ts';
import type { Shared } from './shared.ts';

/** Closed runs that are looked at in one go. */
const BATCH = 100;

/** What retention works on. */
export interface RetentionOptions extends Pick<Shared, 'client' | 'keys' | 'namespace' | 'store' | 'onError'> {
  readonly retention: RetentionLimits;
}

/** A closed run as the index names it. */
interface Closed {
  readonly key: RunKey;
  readonly member: string;
  /** Milliseconds since the epoch. */
  readonly closeTime: number;
}

/**
 * Deletes closed runs: those that are too old, and the oldest while all together are too large. A run stays while somebody may need it: the parent that
 * started it or the run that continues it or goes on since it was reset is open, or a child of it is.
 */
export class Retention {
  readonly #options: RetentionOptions;
  /** Runs at the beginning of the index that were found to be needed. */
  #kept = 0;
  /** Runs that cannot be read, or one that may need them: nobody knows whether they are needed. */
  readonly #unreadable = new Backoff();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /**
   * Looks at closed runs for some time at most, the oldest first, beginning where the call before has ended.
   * @returns whether there may be more to delete.
   */
  async run(milliseconds: number): Promise<boolean> {
    const end = performance.now() + milliseconds;
    this.#unreadable.prune();
    for (;;) {
      const { more } = await this.step();
      if (!more || performance.now() >= end) return more;
    }
  }

  /**
   * Looks at some closed runs, the oldest first, beginning where the call before has ended.
   * @returns how many it has deleted, and whether there may be more to delete.
   */
  async step(): Promise<{ readonly deleted: number; readonly more: boolean }> {
    const { client, keys, namespace, store, retention } = this.#options;
    const base = keys.base(namespace);
    const oldest = closedRuns(
      namespace,
      await orStoreError(client.zrange(`${base}by:close`, `${this.#kept}`, `${this.#kept + BATCH - 1}`, 'WITHSCORES')),
    );
    const tooOld = systemClock.now() - retention.age;
    let excess = Number((await orStoreError(client.get(`${base}bytes`))) ?? 0) - retention.bytes;
    const considered = excess > 0 ? oldest : oldest.filter(({ closeTime }) => closeTime <= tooOld);
    const sizes = await Promise.all(considered.map((closed) => this.#sizeUnlessNeeded(closed)));
    const gone: RunKey[] = [];
    let kept = 0;
    let isAtEnd = oldest.length < BATCH || considered.length < oldest.length;
    for (const [index, { key, closeTime }] of considered.entries()) {
      if (closeTime > tooOld && !(excess > 0)) {
        isAtEnd = true;
        break;
      }
      const size = sizes[index];
      if (size === undefined) kept++;
      else {
        gone.push(key);
        excess -= size;
      }
    }
    if (gone.length > 0) await store.deleteAll(namespace, gone);
    this.#kept = isAtEnd ? 0 : this.#kept + kept;
    return { deleted: gone.length, more: !isAtEnd };
  }

  /** How large it is; `undefined` when somebody may need it. */
  async #sizeUnlessNeeded({ key, member }: Closed): Promise<number | undefined> {
    if (this.#unreadable.isResting(member)) return undefined;
    const { client, keys, namespace, onError } = this.#options;
    // Payloads stay where they are: only what the run has to do with others is wanted.
    const [text, counted] = await orStoreError(client.hmget(keys.run(key), 'rec', 'counted'));
    if (!text) {
      await orStoreError(client.zrem(`${keys.base(namespace)}by:close`, member));
      return 0;
    }
    try {
      const mayGo = !(await this.#isNeeded(bareRecord(key, text)));
      this.#unreadable.succeeded(member);
      return mayGo ? Number(counted ?? 0) : undefined;
    } catch (error) {
      if (concernsAll(error)) throw error;
      this.#unreadable.failed(member);
      onError(error);
      return undefined;
    }
  }

  async #isNeeded(record: RunRecord): Promise<boolean> {
    const { client, keys } = this.#options;
    return await isNeeded(record, {
      isOpen: async (run) => {
        const status = await orStoreError(client.hget(keys.run(run), 'status'));
        return status !== null && isOpen(Number(status));
      },
      resetRunIdOf: async (run) => {
        const text = await orStoreError(client.hget(keys.run(run), 'rec'));
        return text ? bareRecord(run, text).resetRunId : undefined;
      },
    });
  }
}

/** @param found names in the index, each with its score. */
function closedRuns(namespace: string, found: readonly string[]): Closed[] {
  const closed: Closed[] = [];
  for (let index = 0; index < found.length; index += 2) {
    const member = found[index] ?? '';
    closed.push({ key: keyOfMember(namespace, member), member, closeTime: Number(found[index + 1]) });
  }
  return closed;
}
