import { setTimeout as delay } from 'node:timers/promises';
import { nextDeadline } from '../../core/run/due.ts';
import type { RunKey } from '../../core/record.ts';
import type { Frontend } from '../../runtime/frontend/frontend.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { runJob } from './commit-arguments.ts';
import type { JobSettings } from './commit-arguments.ts';
import { keyOfMember, memberOf, runPart } from './keys.ts';
import type { Keys } from './keys.ts';
import { WAKE } from './lua-jobs.ts';
import { EXAMINE, RESCORE } from './lua-runs.ts';
import { orStoreError, Script } from './redis.ts';
import type { RedisClient } from './redis.ts';
import type { RedisStore } from './redis-store.ts';
import { Retention } from './retention.ts';
import type { RetentionLimits } from './options.ts';

const examineScript = new Script(EXAMINE);
const rescoreScript = new Script(RESCORE);
const wakeScript = new Script(WAKE);

/** How often is looked for what has fallen due, in milliseconds. */
const TICK_MS = 500;
/** How often all unfinished runs are looked at. */
const SWEEP_MS = 30_000;
/** How long the process that looks has the right to, in milliseconds; others take over when it says nothing. */
const LEASE_MS = 5_000;
/** By this much the process that has the run may be late, in milliseconds. */
const GRACE_MS = 250;
const BATCH = 200;

/** What a look at all unfinished runs of a namespace has found. */
export interface Repairs {
  /** Runs that were looked at. */
  readonly scanned: number;
  /** Those that should have moved and did not. */
  readonly stalled: number;
  /** Those that were repaired. */
  readonly repaired: number;
  /** Those that could not be; the next look tries again. */
  readonly failed: number;
}

/** What a keeper works on. */
export interface KeeperOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly process: string;
  readonly store: RedisStore;
  readonly jobs: JobSettings;
  readonly retention: RetentionLimits;
  readonly frontend: () => Frontend;
  readonly onError: (error: unknown) => void;
}

/**
 * Does what nobody else does: what falls due in runs whose queue no worker reads, and what got lost. One process of those that share a namespace looks, by
 * a lease; that two do at times does no harm.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #retention: Retention;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#retention = new Retention(options);
  }

  /** Begins to look. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends; another process takes over at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** Looks at all unfinished runs and repairs what it finds. */
  async sweep(): Promise<Repairs> {
    const { client, keys, namespace } = this.#options;
    const sum = { scanned: 0, stalled: 0, repaired: 0, failed: 0 };
    const members = await orStoreError(client.zrange(`${keys.base(namespace)}unfinished`, '0', '-1'));
    for (let start = 0; start < members.length && !this.#stop.signal.aborted; start += BATCH) {
      const batch = members.slice(start, start + BATCH);
      sum.scanned += batch.length;
      const states = await this.#examine(batch);
      for (const [index, state] of states.entries()) {
        if (state === 'ok') continue;
        sum.stalled++;
        const repaired = await this.#repair(keyOfMember(namespace, batch[index] ?? ''), state);
        if (repaired) sum.repaired++;
        else sum.failed++;
      }
    }
    return sum;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let nextSweep = 0;
    let hasMoreToDelete = false;
    while (!signal.aborted) {
      try {
        if (await this.#holdsLease()) {
          await this.#ringDue();
          if (systemClock.now() >= nextSweep) {
            nextSweep = systemClock.now() + SWEEP_MS;
            await this.sweep();
            hasMoreToDelete = true;
          }
          if (hasMoreToDelete) hasMoreToDelete = (await this.#retention.step()).more;
        }
      } catch (error) {
        this.#options.onError(error);
      }
      // Not in step with other processes.
      const wait = TICK_MS * (0.75 + Math.random() / 2);
      await delay(wait, undefined, { signal }).catch(() => undefined);
    }
    await this.#leave().catch(this.#options.onError);
  }

  async #holdsLease(): Promise<boolean> {
    const { client, process } = this.#options;
    const lease = this.#lease;
    if ((await orStoreError(client.set(lease, process, 'PX', LEASE_MS, 'NX'))) === 'OK') return true;
    if ((await orStoreError(client.get(lease))) !== process) return false;
    await orStoreError(client.pexpire(lease, LEASE_MS));
    return true;
  }

  async #leave(): Promise<void> {
    const { client, process } = this.#options;
    if ((await orStoreError(client.get(this.#lease))) === process) await orStoreError(client.del(this.#lease));
  }

  get #lease(): string {
    return `${this.#options.keys.base(this.#options.namespace)}keeper`;
  }

  /** Runs whose deadline has passed: whoever has them is late, or nobody has them. */
  async #ringDue(): Promise<void> {
    const { client, keys, namespace, frontend } = this.#options;
    const index = `${keys.base(namespace)}unfinished`;
    const due = systemClock.now() - GRACE_MS;
    const members = await orStoreError(client.zrangebyscore(index, '-inf', due, 'LIMIT', 0, BATCH));
    for (const member of members) {
      const key = keyOfMember(namespace, member);
      const record = await frontend().ring(key);
      if (record !== undefined) await this.#rescore(key);
    }
  }

  /** Nothing was due: a deadline was moved, or an activity may be tried again, which the run's job is woken for. */
  async #rescore(key: RunKey): Promise<void> {
    const { client, keys, store } = this.#options;
    const stored = await store.load(key);
    if (stored === undefined) return;
    const deadline = nextDeadline(stored.record, systemClock.now()) ?? 'inf';
    const args = [runPart(key), memberOf(key), stored.revision, deadline];
    await rescoreScript.run(client, [keys.base(key.namespace)], args);
  }

  async #examine(members: readonly string[]): Promise<string[]> {
    const { client, keys, namespace } = this.#options;
    const args = members.flatMap((member) => [member, runPart(keyOfMember(namespace, member))]);
    const states = (await examineScript.run(client, [keys.base(namespace)], args)) as readonly Buffer[];
    return states.map(String);
  }

  async #repair(key: RunKey, state: string): Promise<boolean> {
    const { client, keys, store, jobs, onError } = this.#options;
    try {
      const stored = await store.load(key);
      if (stored === undefined) {
        await orStoreError(client.zrem(`${keys.base(key.namespace)}unfinished`, memberOf(key)));
        return true;
      }
      const { name, data, options, priority } = runJob(stored.record, jobs);
      const queue = jobs.queuePrefix(stored.record);
      if (state === 'nowhere') await orStoreError(client.del(`${queue}${key.runId}`));
      const args = [key.runId, name, data, options, priority, systemClock.now()];
      await wakeScript.run(client, [keys.run(key), queue], args);
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }
}
